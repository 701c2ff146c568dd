"""A made-up estate that lives through a year, and its reports: ``python -m examples.simulated out/example``.

Nothing here exists: no organisation, place, supplier, host or weakness. The names of operating systems and of device
families are real, because the checks have to recognise them; of real software no weakness is claimed. What the hosts
"answer" is text in the form that real hosts give. From there on everything is the product's own: probes read the
text, checks judge it, the record keeps it, signed words of people move it, the report tells it.
"""
