"""The model against the world: what others have measured on AWS, replayed, with the error.

Rows       `published.json`: each run with its source, the settings of its era, what was measured
Replay     one function a kind of run
Table      agreement, markdown
"""

from workbench.agreement.table import agreement, as_markdown

__all__ = ["agreement", "as_markdown"]
