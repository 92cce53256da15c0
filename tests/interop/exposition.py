"""Reads the text format of Prometheus, version 0.0.4, as strictly as promtool checks it."""

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\S+)")
VALUE = re.compile(r"[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?|\+Inf")
UNITS = ("_seconds", "_bytes")


def require(condition, line):
    if not condition:
        raise AssertionError(f"not as Prometheus reads it: {line}")


def figures_of(text):
    """{'name{label="value"}': number} of a whole exposition; an AssertionError says what is wrong."""
    require(text.endswith("\n") and "\r" not in text, "its end")
    families, values = {}, {}
    name = kind = None
    described = None
    for line in text[:-1].split("\n"):
        if found := re.fullmatch(rf"# HELP ({NAME}) (\S.*)", line):
            require(found[1] not in families and described is None, line)
            require(found[2].endswith("."), line)
            described = found[1]
            continue
        if found := re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge|histogram)", line):
            require(found[1] == described, line)
            name, kind, described = found[1], found[2], None
            families[name] = kind
            base = name.removesuffix("_total")
            require(name.endswith("_total") == (kind == "counter"), line)
            require(name.startswith("longwire_") and not re.search(r"milli|micro|_ms|_us|kilo", base), line)
            continue
        found = SAMPLE.fullmatch(line)
        require(found and described is None and name is not None, line)
        require(VALUE.fullmatch(found[found.lastindex]), line)
        labels = re.findall(LABEL, found[2] or "")
        require(len({label for label, _ in labels}) == len(labels), line)
        sampled = found[1]
        if kind == "histogram":
            require(re.fullmatch(re.escape(name) + "_(bucket|sum|count)", sampled), line)
            require(sampled.endswith("_bucket") == ("le" in dict(labels)), line)
        else:
            require(sampled == name and "le" not in dict(labels), line)
        key = sampled + (f"{{{found[2]}}}" if found[2] else "")
        require(key not in values, line)
        values[key] = float(found[found.lastindex])
    for name, kind in families.items():
        if kind == "histogram":
            check_histogram(name, values)
    return values


def check_histogram(name, values):
    buckets = [(float(re.search(r'le="([^"]*)"', key)[1]), value)
               for key, value in values.items() if key.startswith(name + "_bucket{")]
    require(buckets == sorted(buckets) and len(dict(buckets)) == len(buckets), name)
    require([value for _, value in buckets] == sorted(value for _, value in buckets), name)
    require(buckets and buckets[-1] == (float("inf"), values[name + "_count"]), name)
    require(name + "_sum" in values and name.endswith(UNITS), name)
