"""The OpenSSH server's configuration as files: where a keyword is set, and whether for everybody (sshd_config(5)).

``sshd -T`` tells what holds for everybody. What stands under a Match line holds for some, and only the files tell it.
"""

# ssh_settings FILE KEYWORDS: one line for each setting of these keywords in FILE and in what it includes:
# "always" or "match", the file and line (of the Match line where there is one), the keyword in lower case, its value,
# apart by tabs; the keyword "unreadable" for a file that could not be read. KEYWORDS is a regular expression.
# An included file under a Match line holds under that Match line only.
SHELL = r"""
ssh_settings() {
  keywords=$2
  set -- "-$1"
  taken=0
  while [ $# -gt 0 ] && [ $taken -lt 1000 ]; do
    taken=$((taken + 1)) outer=${1%%/*} file=/${1#*/}
    shift
    [ -f "$file" ] || continue
    found=$(awk -v keywords="^($keywords)\$" -v outer="${outer#-}" '
      { sub(/^[ \t]+/, ""); sub(/[ \t\r]+$/, "") }
      /^#/ || /^$/ { next }
      {
        key = $0; sub(/[ \t=].*/, "", key)
        value = substr($0, length(key) + 1); sub(/^[ \t]*=?[ \t]*/, "", value); gsub(/"/, "", value)
        key = tolower(key)
        if (value !~ /^#/) sub(/[ \t]+#.*$/, "", value)
      }
      key == "match" { place = FILENAME ":" FNR; next }
      key == "include" {
        count = split(value, names, /[ \t]+/)
        for (at = 1; at <= count; at++) print "include\t" (place outer != "" ? "+" : "-") names[at]
        next
      }
      key ~ keywords {
        print (place outer != "" ? "match" : "always") "\t" (place != "" ? place : FILENAME ":" FNR) "\t" key "\t" value
      }
    ' "$file") || { printf 'match\t%s\tunreadable\t-\n' "$file"; continue; }
    printf '%s\n' "$found" | grep -E '^(always|match)	'
    for entry in $(printf '%s\n' "$found" | sed -n 's/^include	//p'); do
      pattern=${entry#?}
      case $pattern in /*) ;; *) pattern=/etc/ssh/$pattern ;; esac
      for file in $pattern; do set -- "$@" "${entry%"${entry#?}"}$file"; done
    done
  done
  [ $# = 0 ] || printf 'match\t%s\tunreadable\t-\n' "$1"
}
"""
