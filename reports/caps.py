"""How much of a large estate the HTML, PDF and Word reports print, each number with its reason. Pure.

Nothing is left out in silence: whatever is capped says how many there are and that the JSON report has all of them,
whose sha256 both print. JSON, CSV, XLSX and the formats for machines are not capped by any of these.
"""

# HTML: the goal is 15 MB and two seconds to open, at 5,000 issues with 200,000 occurrences.
HTML_OCCURRENCES = 50  # rows of one issue: who has more of one wants the list, not the page
HTML_WHOLE = 1_000  # issues with a block of their own (about 6 kB each); the less severe ones are one line each
HTML_ROWS = 5_000  # in all blocks together, 1 kB each: a browser lays out no more in a second
HTML_LEAST = 5  # rows that every block keeps all the same
HTML_FOLDED = 1_000  # references folded below the rows, 80 bytes each, so that a link to one finds it
HTML_FOLDED_OF_MANY = 10  # the same where there are many issues: 200,000 would be 16 MB
HTML_CVES = 100  # rows of one issue's list: a kernel update has hundreds
HTML_ALL_CVES = 300  # rows of the appendix, the worst first
HTML_EVIDENCE = 2_000  # rows of the index: an estate of 10,000 has 30,000 answers, which nobody looks up by eye
HTML_MODELS = 300  # of firmware
HTML_PORTS = 300  # rows by port
HTML_PORT_ASSETS = 500  # rows of assets with their ports, and of each:
HTML_PORTS_OF_ASSET = 40
HTML_GAPS = 500  # rows of what was not assessed, one for each check and reason
HTML_LEFT = 300  # rows of what is open from earlier scans and was not looked at again, the worst first
HTML_PLAN = 200  # rows of the plan, what is late first: the workbook is the plan to work with
HTML_CAUSES = 25  # root causes: a page of them
HTML_SUPPORT = 150  # products that lose their support
HTML_DECISIONS = 200  # the newest
HTML_RATINGS = 200  # what a person set comes first
HTML_ACCEPTANCES = 300  # the first to end come first
HTML_TEXT = 1_000  # characters of one text of a target: a banner can be a megabyte

# PDF: a table row costs about 20 ms and 200 kB with the text around it (1,369 rows: 27 s, 283 MB), and a page that is
# laid out stays in memory until the last one is. With these 10,000 assets with 5,000 issues are 169 pages.
PDF_FINDINGS = 100  # told at length, the worst; the others stand in the plan
PDF_OCCURRENCES = 8  # rows of one finding
PDF_CVES = 30  # names in one finding
PDF_PLAN = 200  # rows: the workbook is the plan to work with
PDF_ROWS = 150  # of every other table: appendices are for looking up, which paper does badly
PDF_GROUPS = 60  # rows of one grouping of the coverage, and root causes
PDF_EVIDENCE = 60  # rows: four columns, one of them a digest; the evidence root on the cover covers all
PDF_STRIPS = 20  # pictures of availability
PDF_TEXT = 400  # characters of one text of a target

# Word: the rows of the PDF, because both are read as pages. And of any template, also of somebody's own:
DOCX_TEXT = 1_000  # characters of one text
