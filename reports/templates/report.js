"use strict";
(function () {
  var each = function (list, f) { Array.prototype.forEach.call(list, f); };

  /* A link leads to a finding that the filter hides: it is shown, and the count says so. */
  var reveal = function (finding) { finding.classList.remove("off"); };

  var show = function () {
    var target = null;
    try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch (e) { return; }
    if (!target) { return; }
    var finding = target.closest(".finding");
    if (finding && finding.classList.contains("off")) { reveal(finding); }
    for (var fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) { fold.open = true; }
    target.scrollIntoView();
  };

  var bar = document.getElementById("filter");
  var found = Array.prototype.slice.call(document.querySelectorAll("#findings .finding"));
  if (bar && found.length > 1) {
    var box = document.getElementById("filter-text");
    var told = document.getElementById("filter-told");
    var kev = document.getElementById("filter-kev");
    var boxes = Array.prototype.slice.call(bar.querySelectorAll("fieldset input[value]:not(#filter-kev)"));
    var facets = Array.prototype.slice.call(bar.querySelectorAll("select.facet"));
    var texts = [];
    var places = found.map(function (f) { return " " + (f.dataset.in || "") + " "; });
    var kinds = found.map(function (f) { return f.dataset.severity; });
    var hidden = found.map(function () { return false; });
    /* The words are read in small pieces while nobody waits; whoever types earlier waits for the rest once. */
    var read = function (until) {
      for (var n = texts.length; n < until; n++) { texts.push(found[n].textContent.replace(/\s+/g, " ").toLowerCase()); }
    };
    var idle = window.requestIdleCallback || function (f) { return setTimeout(f, 20); };
    var piece = function () {
      read(Math.min(found.length, texts.length + 200));
      if (texts.length < found.length) { idle(piece); }
    };
    var apply = function () {
      var words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      var on = {};
      boxes.forEach(function (b) { if (b.checked) { on[b.value] = true; } });
      var chosen = facets.map(function (s) { return s.value; }).filter(Boolean);
      if (words.length) { read(found.length); }
      var shown = 0;
      for (var n = 0; n < found.length; n++) {
        var keep = on[kinds[n]] === true && !(kev && kev.checked && !found[n].dataset.kev);
        for (var c = 0; keep && c < chosen.length; c++) { keep = places[n].indexOf(" " + chosen[c] + " ") >= 0; }
        for (var w = 0; keep && w < words.length; w++) { keep = texts[n].indexOf(words[w]) >= 0; }
        if (hidden[n] === keep) { hidden[n] = !keep; found[n].classList.toggle("off", !keep); }
        shown += keep ? 1 : 0;
      }
      told.textContent = shown === found.length ? "All " + shown + " issues are shown." : shown + " of " + found.length + " issues are shown.";
    };
    reveal = function (finding) {
      var n = found.indexOf(finding);
      if (n >= 0) { hidden[n] = false; }
      finding.classList.remove("off");
      told.textContent += " One more is shown because a link leads to it.";
    };
    bar.hidden = false;
    box.addEventListener("input", apply);
    boxes.concat(facets).forEach(function (b) { b.addEventListener("change", apply); });
    if (kev) { kev.addEventListener("change", apply); }
    bar.addEventListener("submit", function (e) { e.preventDefault(); });
    bar.addEventListener("reset", function () { setTimeout(apply, 0); });
    apply();
    window.addEventListener("pageshow", function () { apply(); if (location.hash) { show(); } }); /* back: fields are as they were left */
    idle(piece);
  }

  window.addEventListener("hashchange", show);
  document.addEventListener("click", function (e) { /* the same link once more changes no hash */
    var link = e.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) { show(); }
  });
  if (location.hash) { show(); }

  window.addEventListener("beforeprint", function () {
    each(document.querySelectorAll("details"), function (d) { d.open = true; });
  });

  if (window.IntersectionObserver) {
    var links = {};
    each(document.querySelectorAll(".toc a"), function (a) { links[a.getAttribute("href").slice(1)] = a; });
    var seen = new IntersectionObserver(function (entries) {
      entries.forEach(function (e) {
        var link = links[e.target.id];
        if (!link || !e.isIntersecting) { return; }
        each(document.querySelectorAll(".toc a[aria-current]"), function (a) { a.removeAttribute("aria-current"); });
        link.setAttribute("aria-current", "location");
      });
    }, { rootMargin: "-10% 0px -80% 0px" });
    each(document.querySelectorAll("section.chapter"), function (s) { seen.observe(s); });
  }

  var key = function (row, n) {
    var cell = row.cells[n];
    return cell.dataset.sort !== undefined ? cell.dataset.sort : cell.textContent.trim();
  };
  /* 1,204 or 97.08 % or 4.5 h; of a date the first digits are no number to sort by */
  var amount = /^[-+]?[\d,]*\.?\d+(\s*(%|h|s|min|days?|hours?))?$/;
  var compare = function (a, b) {
    return amount.test(a) && amount.test(b) ? parseFloat(a.replace(/,/g, "")) - parseFloat(b.replace(/,/g, "")) : a.localeCompare(b, "en");
  };
  each(document.querySelectorAll("table.sortable"), function (table) {
    if (table.tHead.rows.length !== 1) { return; }
    var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
    heads.forEach(function (head, n) {
      var button = document.createElement("button");
      button.type = "button";
      while (head.firstChild) { button.appendChild(head.firstChild); }
      head.appendChild(button);
      button.addEventListener("click", function () {
        var up = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach(function (h) { h.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        var body = table.tBodies[0];
        Array.prototype.slice.call(body.rows).map(function (r) { return [key(r, n), r]; })
          .sort(function (a, b) { return (up ? 1 : -1) * compare(a[0], b[0]); })
          .forEach(function (pair) { body.appendChild(pair[1]); });
      });
    });
  });
})();
