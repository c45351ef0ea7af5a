# %% [markdown]
# # The papers' tables and figures, and where they are in this book
#
# This page lists every table and figure of the five documents: two versions of the RAE paper, the EAE paper, the DAE paper, and the slides on
# MaskAAE and FlexAE. It says where each is re-made, from which stored runs, and what is missing. The status is computed from the stored runs
# whenever the page is published.

# %% tags=["parameters", "hide-input"]
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set

# %% tags=["remove-cell"]
from rae_lib import notebooks
from rae_lib.config import catalogue
from rae_lib.pages import exhibits, show
from rae_lib.results import frame

notebooks.check_parameters("03_map", globals())
rows = frame.measured(profile)
for name, number in exhibits.count(rows).items():
    show.value(f"map-{name}", number)

# %% [markdown]
# :::{admonition} What is there
# Of {glue:text}`map-total` tables and figures, {glue:text}`map-all` have all their runs on the data sets of the paper,
# {glue:text}`map-part` a part of them, and {glue:text}`map-digits` only runs on the digits, which replace them. {glue:text}`map-none` have none. No run on
# photographs or digits is at the papers' size: the last column has the filters of our widest network, of those that the paper's network has.
# :::
#
# ✓ all planned runs are stored (seed 0) · ◐ a part of them · ○ on the digits alone · – none. The link after the sign leads to our
# table or figure.

# %% tags=["remove-input"]
show.table(
    exhibits.table("rae", rows),
    caption=f"{catalogue()['document']['rae']['title']}, arXiv version (v1) and ICLR version",
    name="tbl-map-rae",
)

# %% tags=["remove-input"]
show.table(exhibits.table("eae", rows), caption=catalogue()["document"]["eae"]["title"], name="tbl-map-eae")

# %% tags=["remove-input"]
show.table(exhibits.table("dae", rows), caption=catalogue()["document"]["dae"]["title"], name="tbl-map-dae")

# %% tags=["remove-input"]
show.table(exhibits.table("slides", rows), caption=catalogue()["document"]["slides"]["title"], name="tbl-map-slides")

# %% [markdown]
# The tables of this book have more than the papers' in some places (spreads over seeds, further samplers, distances of real images) and less in
# others (the features are those of our classifier, not FID). {doc}`../book/protocol` says what is measured, {doc}`../book/deviations` what is
# different.
