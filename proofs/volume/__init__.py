"""Whether the gateway stays as quick as it is while its tables grow: a long past and its readers.

`python -m volume` loads ten million sale lines beside a tenth of them and compares (`make volume`).
"""
