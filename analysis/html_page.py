"""A whole HTML page: one file that opens offline, on a phone, in the dark and on paper."""

from html import escape

from analysis import theme

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; {light} }}
@media screen and (prefers-color-scheme: dark) {{
  :root {{ {dark} }}
}}
body {{ background: var(--paper); color: var(--ink); font: 17px/1.5 sans-serif;
  max-width: 44rem; margin: 0 auto; padding: 1rem; }}
h1 {{ line-height: 1.2; }}
h2 {{ margin-top: 3rem; }}
section {{ margin: 2rem 0; }}
picture img {{ display: block; margin: 0 auto; width: 100%; max-width: 38rem; height: auto; }}
.refused {{ color: var(--faint); border-left: 4px solid var(--faint); padding-left: 1rem; }}
.gt_table, table {{ font-size: 14px; }}
div:has(> table) {{ overflow-x: auto; }}
{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def whole_page(title: str, body: str, style: str = "") -> str:
    """A page around a body, with rules of CSS beside those of every page."""
    light, dark = (variables(one) for one in theme.THEMES)
    return PAGE.format(title=escape(title), light=light, dark=dark, style=style, body=body)


def variables(look: theme.Theme) -> str:
    """The colours of a theme as CSS declares them."""
    return " ".join(f"{name}: {colour};" for name, colour in theme.colours(look).items())
