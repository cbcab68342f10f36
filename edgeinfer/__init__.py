"""edgeinfer: on-device vision for the Raspberry Pi and Google Coral.

`import edgeinfer` loads no heavy library; the parts live in the sub-packages that
`docs/architecture.md` lists in the order in which a frame meets them.
"""

__version__ = "0.1.0"
