"use strict";
(function () {
  var bar = document.getElementById("filter");
  var found = Array.prototype.slice.call(document.querySelectorAll("#findings .finding"));
  if (bar && found.length > 1) {
    var box = document.getElementById("filter-text");
    var told = document.getElementById("filter-told");
    var boxes = Array.prototype.slice.call(bar.querySelectorAll("input[type=checkbox]"));
    var texts = found.map(function (f) { return f.textContent.toLowerCase(); });
    var apply = function () {
      var words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      var on = boxes.filter(function (b) { return b.checked; }).map(function (b) { return b.value; });
      var shown = 0;
      found.forEach(function (f, n) {
        var keep = on.indexOf(f.dataset.severity) >= 0 && words.every(function (w) { return texts[n].indexOf(w) >= 0; });
        f.hidden = !keep;
        shown += keep ? 1 : 0;
      });
      told.textContent = shown === found.length ? "All " + shown + " issues are shown." : shown + " of " + found.length + " issues are shown.";
    };
    bar.hidden = false;
    box.addEventListener("input", apply);
    boxes.forEach(function (b) { b.addEventListener("change", apply); });
    bar.addEventListener("submit", function (e) { e.preventDefault(); });
    bar.addEventListener("reset", function () { setTimeout(apply, 0); });
    apply();
  }

  var show = function () {
    var target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) { return; }
    var finding = target.closest(".finding");
    if (finding && finding.hidden) { finding.hidden = false; }
    for (var fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) { fold.open = true; }
    target.scrollIntoView();
  };
  window.addEventListener("hashchange", show);
  if (location.hash) { show(); }

  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (d) { d.open = true; });
  });

  var key = function (row, n) {
    var cell = row.cells[n];
    return cell.dataset.sort !== undefined ? cell.dataset.sort : cell.textContent.trim();
  };
  var compare = function (a, b) {
    var x = parseFloat(a.replace(/,/g, "")), y = parseFloat(b.replace(/,/g, ""));
    return isNaN(x) || isNaN(y) ? a.localeCompare(b, "en") : x - y;
  };
  document.querySelectorAll("table.sortable").forEach(function (table) {
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
