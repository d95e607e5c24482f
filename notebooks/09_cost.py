# %% [markdown]
# # 9. Appendix: what does it cost?
#
# A better score is worth little if nobody can afford it. What does each step of the
# method cost in time and in memory, and which of them stops working first as the task
# grows? The chapters before this one used a fast library and said "the result is the
# same". Here we check that, against plain versions that anybody can read.
#
# **You will do**: time three steps against plain code, watch costs grow with stripes,
# gallery and pictures, and count what a training costs here and in the paper. **You
# will learn** how to time honestly, what a *floor* is, and why re-ranking is the step
# that grows fastest with the gallery. **You need** chapters 2 and 6.

# %% tags=["parameters"]
profile: str = "quick"  # smoke, quick or paper
dataset: str = "drawn"  # or a name from data_sets/index.md
data_root: str = ""  # where the photographs lie; this chapter needs none
runs_root: str = ""  # where runs are kept; empty: runs/ of the project
seed: int = 0  # draws the random features that are timed

# %%
import time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from sklearn.metrics import average_precision_score

from reprolib import book, networks, reranking
from reprolib import settings as profiles
from reprolib.alignment import local_distance
from reprolib.book import benchmark, figures
from reprolib.evaluation import evaluate
from reprolib.study import grid, records, verdicts

run = book.open("09_cost", profile, dataset, data_root, runs_root, seed)

# %% [markdown]
# ## Three plain versions
#
# A speed without a comparison says nothing, and a comparison without a check is worth
# nothing. So each step gets a second version that is written to be read: the shortest
# path pair by pair and cell by cell (chapter 2), the AP query by query with
# scikit-learn (chapter 1), and the four steps of re-ranking with square tables of all
# pictures against all (chapter 6).


# %%
def plain_local(f, g):
    """Equations 1 and 2 of chapter 2, pair by pair and cell by cell."""
    table = np.empty((len(f), len(g)))
    for q, k in np.ndindex(table.shape):
        d = np.tanh(np.linalg.norm(f[q][:, None] - g[k], axis=2) / 2).tolist()
        S = [0.0] + [np.inf] * (len(d) - 1)  # the row above; a path begins at 0
        for row in d:
            left = np.inf
            for j, cell in enumerate(row):
                S[j] = left = cell + min(left, S[j])
        table[q, k] = left
    return table


# %%
def plain_mAP(d, query_pids, gallery_pids, query_camids, gallery_camids):
    """mAP by sorting the gallery for each query."""
    right = query_pids[:, None] == gallery_pids
    kept = ~right | (query_camids[:, None] != gallery_camids)
    rows = [(r[k], -row[k]) for r, k, row in zip(right, kept, d, strict=True)]
    return np.mean([average_precision_score(*row) for row in rows if row[0].any()])


# %%
def reciprocal(D, k):
    """(n, n) distances -> (n, n) bool: which two are among each other's k nearest?"""
    among = D.argsort(1).argsort(1) <= k
    return among & among.T


# %%
def plain_reranking(q, g, k1=20, k2=6, weight=0.3):
    """The four steps of chapter 6 with tables of all pictures against all."""
    D = torch.cdist(*[torch.cat([q, g])] * 2).square().fill_diagonal_(-1).numpy()
    full, half, n = reciprocal(D, k1), reciprocal(D, k1 // 2), len(q)
    shared = full.astype(int) @ half.T
    joins = full & (shared > 2 / 3 * half.sum(1))
    D = D.clip(0) / D.max(1, keepdims=True)
    V = (full | (joins.astype(int) @ half > 0)) * np.exp(-D)
    V = (V / V.sum(1, keepdims=True))[D.argsort(1, kind="stable")[:, :k2]].mean(1)
    minima = np.stack([np.minimum(v, V[n:]).sum(1) for v in V[:n]])
    return weight * D[:n, n:] + (1 - weight) * (1 - minima / (2 - minima))


# %% [markdown]
# A fair timing names its machine, its threads, and how often it was repeated. Ours is
# the median of three runs, on one thread, in processor time, on random features of 100
# people; the last line of the chapter names the machine of this first figure. A picture
# has eight stripes in this chapter, not seven: so has one of the public codes' 256 x 128
# pixels (mark A: read in them), and eight can be halved and doubled.
#
# **Predict, then run.** Which of the three gains most from being written with care?

# %%
generator = torch.Generator().manual_seed(seed)
who = [torch.randint(100, (some,), generator=generator) for some in (200, 800)]
cameras = [torch.randint(6, (some,), generator=generator) for some in (200, 800)]
centres = torch.randn(100, 8, 64, generator=generator)
noise = [torch.randn(len(p), 8, 64, generator=generator) for p in who]
f, g = (F.normalize(centres[p] + x, dim=2) for p, x in zip(who, noise, strict=True))
table, few = (local_distance(f, g), *who, *cameras), (f.mean(1)[:100], g.mean(1)[:500])
TASKS = {
    "local distance": (local_distance, plain_local, (f[:50], g[:200])),
    "CMC and mAP": (lambda *task: evaluate(*task).mAP, plain_mAP, table),
    "re-ranking": (reranking.k_reciprocal_features, plain_reranking, few),
}


# %%
def milliseconds(function, *arguments):
    """The median processor time of three runs."""
    times = []
    for _ in range(3):
        start = time.process_time()
        function(*arguments)
        times.append(1e3 * (time.process_time() - start))
    return float(np.median(times))


# %%
threads, rows = torch.get_num_threads(), {}
torch.set_num_threads(1)
for name, (fast, plain, data) in TASKS.items():
    apart = np.abs(np.asarray(fast(*data)) - np.asarray(plain(*data))).max()
    times = milliseconds(fast, *data), milliseconds(plain, *data)
    rows[name] = [*times, times[1] / times[0], float(apart)]
torch.set_num_threads(threads)


# %% tags=["machinery"]
def about(value):
    """`value` with two significant digits: timings do not repeat to more."""
    return f"{float(f'{value:.2g}'):,.7g}"


columns = ["library, ms", "plain, ms", "times faster", "apart"]
timings = pd.DataFrame(rows, columns, dtype=float).T
faster, apart = timings["times faster"], timings.apart.max()
first, *others = faster.sort_values(ascending=False).items()
said = " and ".join(f"{name} {about(times)}" for name, times in others)
print(f"Most is gained by {first[0]}: about {about(first[1])} times;", end=" ")
print(f"{said} times.", end=" ")
print(f"Results differ by {apart:.0e} at most.")

# %% mystnb={"figure": {"name": "fast-and-plain", "caption": "Time of the library's version and of the plain one, on a logarithmic axis: the longer the line, the more was gained. Distances of 50 queries to 200 pictures; CMC and mAP of 200 among 800; re-ranking of 100 among 500."}, "image": {"alt": "Three rows, one a task, each a horizontal line from a blue dot, the library, on the left to an orange dot, the plain version, on the right, with the ratio written over the line."}}
fig, ax = plt.subplots(figsize=(figures.WIDTH, 2.2))
for y, (_, row) in enumerate(timings.iterrows()):
    ends = row[columns[:2]]
    ax.plot(ends, (y, y), color=figures.GREY, zorder=1)
    ax.scatter(ends, (y, y), c=[figures.BLUE, figures.ORANGE], zorder=2)
    middle = np.sqrt(ends.prod()), y - 0.12
    ax.annotate(f"{about(row['times faster'])} times", middle, ha="center")
ax.set_yticks(range(len(timings)), timings.index)
decades = np.log10(timings[columns[:2]].to_numpy(float))
ax.set(xscale="log", ylim=(2.5, -0.6))
ax.set_xlim(10 ** np.floor(decades.min()), 10 ** np.ceil(decades.max() + 0.05))
ax.set_xlabel("milliseconds (blue: library, orange: plain)")
ax.set_title(
    f"Same results, {about(faster.min())} to {about(faster.max())} times faster"
)
plt.show()

# %% [markdown]
# Each fast form saves work in its own way: the local distance takes a whole block of
# pairs through each cell at once; CMC and mAP only count the pictures nearer than each
# match, and sort no gallery; re-ranking keeps only the few nearest to each picture.
#
# ## How the cost grows
#
# Small tasks say little about large ones. `make bench` measures the library on a quiet
# machine, up to a gallery as large as Market1501's with the 500,000 extra distractors
# that its authors offer beside the 2,798 of chapter 1, and keeps a record. Beside each
# curve stands a *floor*: the one product of matrices that the task cannot do
# without. A curve that runs along its floor wastes only a constant factor; where it
# draws away from the floor, something other than that product has begun to cost.
#
# Between two sizes the time grows with a *power*: at 1, twice the task takes twice the
# time, at 2 it takes four times the time. CMC and mAP are timed from features here, their
# distances included, not on a given table as above. **Predict, then run.** With which
# power does the local distance grow with the stripes, and re-ranking with the pictures?

# %% tags=["machinery"]
measured = benchmark.read()
CURVES = {
    "local distance, by stripes": ("stripes", "seconds_per_million", "floor"),
    "local distance, by gallery": ("gallery", "local", "local_floor"),
    "CMC and mAP, by gallery": ("gallery", "evaluation", "evaluation_floor"),
    "re-ranking, by pictures": ("reranked", "seconds", "floor"),
}
SIZES = {"stripes": "stripes", "gallery": "gallery", "reranked": "pictures"}


def curve(name):
    """Sizes, seconds and seconds of the floor of one curve."""
    key, *columns = CURVES[name]
    return pd.DataFrame(measured[key])[[SIZES[key], *columns]].to_numpy().T


# %% tags=["machinery"]
growth = {}
for name in CURVES:
    sizes, times, floors = curve(name)
    powers = np.diff(np.log(times)) / np.diff(np.log(sizes))
    growth[name] = {"largest": f"{sizes[-1]:,.0f}", "first power": powers[0]}
    growth[name] |= {"last power": powers[-1], "over floor, least": min(times / floors)}
    growth[name] |= {"over floor, last": times[-1] / floors[-1]}
growth, host = pd.DataFrame(growth).T, measured["hardware"]
machine = f"{host['cpu']}, {host['cores']} cores, {measured['date']}"
print(f"The machine of the record: {machine}.", end=" ")
steepest = growth["last power"].astype(float).idxmax()
print(f"Steepest at the end: {steepest}, power {growth['last power'][steepest]:.1f}.")
by_stripes = growth.loc["local distance, by stripes", ["first power", "last power"]]
print("By stripes, the local distance grows with powers of", end=" ")
print(f"{by_stripes.min():.1f} to {by_stripes.max():.1f}.")
power = growth["last power"]["re-ranking, by pictures"]
print(f"Re-ranking, last power {power:.1f}: ten times the pictures", end=" ")
print(f"would take about {float(f'{10**power:.1g}'):.0f} times the time.")
growth.map(lambda x: x if isinstance(x, str) else f"{x:.1f}")

# %% mystnb={"figure": {"name": "growth", "caption": "From the record of `make bench`, whose machine is printed above: seconds on one thread, both axes logarithmic, and the bare product of matrices as a dashed floor. Left: a million local distances by number of stripes. Middle: 64 queries against a growing gallery, eight stripes. Right: re-ranking, a sixth of the pictures being queries. The titles name the powers of the last step, in the order of the legend."}, "image": {"alt": "Three charts with logarithmic axes and rising lines, each with a dashed line below it. The local distance keeps nearly the same gap to its floor until the last step; re-ranking starts far above its floor and comes nearer; CMC and mAP come near theirs in the middle and draw away again."}}
fig, axes = plt.subplots(1, 3, figsize=(figures.WIDTH + 0.6, 2.9))
places = dict(zip(CURVES, (0, 1, 1, 2), strict=True))
for name, colour in zip(CURVES, ("BLUE", "BLUE", "ORANGE", "PURPLE"), strict=True):
    (sizes, times, floors), ax = curve(name), axes[places[name]]
    task, by = name.split(", by ")
    colour = getattr(figures, colour)
    ax.loglog(sizes, times, "o-", ms=4, color=colour, label=task)
    ax.loglog(sizes, floors, "--", lw=1.2, color=colour, label="its floor")
    ax.set_xlabel(by)
    ax.legend(fontsize=7)
axes[0].set_xticks([4, 8, 16, 32], [4, 8, 16, 32])
axes[0].minorticks_off()
axes[0].set_ylabel("seconds")
for number, ax in enumerate(axes):
    here = [name for name in CURVES if places[name] == number]
    powers = " and ".join(f"{growth['last power'][name]:.1f}" for name in here)
    ax.set_title(f"by {here[0].split(', by ')[1]}: power {powers}")
plt.show()

# %% [markdown]
# The table of stripes has $H \times H$ cells, so the local distance grows with about the
# square of the stripes; why the last step is steeper we did not look into. With the
# gallery it grows in proportion, as a search must. CMC and mAP start with
# overhead that large tasks amortise; what stays above the floor is the counting of
# nearer pictures. Re-ranking compares all pictures with all, so its power climbs towards
# two, at which ten times the pictures would take a hundred times the time.
#
# What does one whole test cost, then? The table has Market1501's size: our library by
# the record, on one thread, with global features of 256 numbers, beside a public code
# (huanghoujing's README, A), whose ResNet-50 gives 2,048.

# %% tags=["machinery"]
Q, G, MANY = 3_368, 15_913, 500_000  # Market1501: queries, gallery, with distractors
seconds = {r["name"]: r["value"] for r in measured["rows"] if r["threads"] == 1}
million, size = "local distance, H = 8, a million pairs", f"{Q:,} x {G:,}"
whole = {
    "local distance, H = 8": (Q * G / 1e6 * seconds[million], 140),
    "CMC and mAP of a given table": (seconds[f"CMC + mAP, {size}"], 15),
    "re-ranking by the global distance": (
        seconds[f"re-ranking from features, {size}"],
        80,
    ),
}
costs = pd.DataFrame(whole, ["ours, s", "the public code, s"]).T
dearest = costs["ours, s"].idxmax()
print(f"Dearest for us: {dearest}, {costs['ours, s'].max():.1f} seconds.", end=" ")
print("Ours are of the record's machine, theirs of a Xeon E5-2618L v3 with a GPU.")
costs.map("{:.3g}".format)

# %% [markdown]
# By the local distance the public code needs 800 seconds to re-rank, most of them for the
# distances of all gallery pictures to each other: the global feature alone makes a test
# cheap.
#
# ## Memory
#
# What stops first is seldom time. A direct form holds whole tables: every stripe of every
# pair, every query against every picture, every picture against every other. The library
# works through them in blocks. We set the size of one such table in 32-bit
# numbers beside the most that was measured, result included.
#
# **Predict, then run.** Which of the three tables comes nearest to filling a laptop of
# 16 GB?

# %% tags=["machinery"]
TABLES = {
    "local distance, H = 8": ("local distance, H = 8", Q * G * 8 * 8),
    "re-ranking": ("re-ranking from features", (Q + G) ** 2),
    "mAP, 500,000 pictures": ("CMC + mAP from features, 3,368 x 500", Q * MANY),
}
memory = {}
for name, (start, cells) in TABLES.items():
    rows = [r for r in measured["rows"] if r["name"].startswith(start)]
    most = next(row["megabytes"] for row in rows if row["megabytes"])
    memory[name] = {"one table, MB": 4 * cells / 1e6, "measured, MB": most}
memory = pd.DataFrame(memory).T
memory["share"] = memory["measured, MB"] / memory["one table, MB"]
widest, most = memory["one table, MB"].idxmax(), memory["one table, MB"].max() / 1e3
print(f"The largest table, {widest}, would take {most:.1f} GB;", end=" ")
print(f"the library needs {100 * memory.share.min():.0f} to", end=" ")
print(f"{100 * memory.share.max():.0f} % of what one whole table would take.", end=" ")
needs, result = memory["measured, MB"]["re-ranking"], 4 * Q * G / 1e6
print(f"Of the {needs:.0f} MB of re-ranking {result:.0f} are its result,", end=" ")
print(f"{Q:,} x {G:,} numbers. The machine of the record: {machine}.")

# %% mystnb={"figure": {"name": "memory", "caption": "Memory for Market1501's test, in the last row with 500,000 pictures in the gallery, on a logarithmic axis: one whole table of 32-bit numbers against the most that the library was measured to need, result included. The dotted line is a laptop of 16 GB."}, "image": {"alt": "Three rows, one a task, each a horizontal line from a blue dot, the library, on the left to an orange dot, one whole table, on the right; a dotted vertical line at 16 gigabytes lies right of all of them."}}
fig, ax = plt.subplots(figsize=(figures.WIDTH, 2.2))
for y, (_, row) in enumerate(memory.iterrows()):
    ends = row[["measured, MB", "one table, MB"]] / 1e3
    ax.plot(ends, (y, y), color=figures.GREY, zorder=1)
    ax.scatter(ends, (y, y), c=[figures.BLUE, figures.ORANGE], zorder=2)
    middle = np.sqrt(ends.prod()), y - 0.12
    ax.annotate(f"{100 * row['share']:.0f} %", middle, ha="center")
ax.axvline(16, color="black", linestyle=":", linewidth=1)
ax.set_yticks(range(len(memory)), memory.index)
ax.set(xscale="log", ylim=(2.5, -0.6))
ax.set_xlabel("GB (blue: library, orange: one whole table, dotted: a laptop)")
ax.set_title(
    f"The library needs at most {100 * memory.share.max():.0f} % of a whole table"
)
plt.show()

# %% [markdown]
# The table of the local distance would still fit such a laptop, if barely. But the plain
# form for all pairs at once holds more than one of that size: the distances of stripes,
# and the sums along the path. Of the three, re-ranking spares least, because its result
# alone is a seventh of its table; a sparse matrix of everybody's neighbours comes on top.
#
# **Predict, then run.** The first question of the chapter: with Market1501's queries and
# a growing gallery, whose table is the first to fill the laptop, and whose is the largest
# with 500,000 pictures?

# %% tags=["machinery"]
room, steps = 16e9 / 4, {}  # numbers of 32 bits that fit the laptop
for name, cells, fits in (
    ("local distance, H = 8", Q * MANY * 64, room / Q / 64),
    ("re-ranking", (Q + MANY) ** 2, room**0.5 - Q),
    ("mAP", Q * MANY, room / Q),
):
    steps[name] = {
        "one table at 500,000, GB": 4 * cells / 1e9,
        "gallery that fills 16 GB": fits,
    }
steps = pd.DataFrame(steps).T
gb, last = steps.iloc[:, 0], measured["reranked"][-1]
times = (Q + MANY) / last["pictures"]
least, most = (last["seconds"] * times**some / 60 for some in (power, 2))
print(f"The first table to fill 16 GB is that of {steps.iloc[:, 1].idxmin()}.", end=" ")
print(f"At {MANY:,} pictures the largest is that of {gb.idxmax()}:", end=" ")
print(f"{about(gb.max())} GB, against {about(gb['mAP'])} GB for mAP.")
print("Re-ranking them would take the library", end=" ")
print(f"{about(least)} to {about(most)} minutes of a core,", end=" ")
print(
    f"if from {last['pictures']:,} pictures on the time grows with the power", end=" "
)
print(f"of the last step ({power:.1f}) or with two.")
steps.map(about)

# %% [markdown]
# A table that fills the laptop does not stop a step that can be cut. The local distance
# and mAP need one query at a time, so they fit in pieces of any size, and their time
# grows in proportion to the gallery. Re-ranking needs the neighbours of all pictures
# before it ranks for a single query. So it stops first: with a whole table by its memory,
# in blocks by its time, which grows with the square of the pictures.
#
# ## What a training costs
#
# Every training of the studies behind chapters 4, 5 and 10 has left in its record how
# long it took. A row is one study, with its question and how many of its planned
# trainings are done. The core was shared with others, so the same training may have taken
# twice as long on another day: read the table for orders of magnitude.
#
# The second table is arithmetic. The paper's single network sees 160 pictures a batch
# and 2,000 batches an epoch (mark A: its own sentence, quoted in issue 6 of a co-author's
# code). Its learning rate falls for the last time at epoch 160 (B), so it trains longer
# than 160 epochs; we count 160, a lower bound (C). The identity head has a row for each
# person of the training set, in the paper's column as many as Market1501 has.

# %% tags=["machinery"]
hours = {}
for name, study in grid.studies().items():
    lines = list(records.lines(name).values())
    if lines:
        took = np.array([line["seconds"] for line in lines])
        hours[name] = {
            "its question": study.question,
            "trainings": f"{len(lines)} of {len(study.cells)}",
            "minutes each (mean)": f"{took.mean() / 60:.0f}",
            "hours of a core": took.sum() / 3600,
        }
total = sum(row["hours of a core"] for row in hours.values())
print(f"All trainings in the records: {total:.0f} hours of one core.", end=" ")
claims = verdicts.findings()
lacking = sum(not claim.complete for claim in claims)
print(
    f"Of the {len(claims)} claims of chapter 8, {lacking or 'none'} lack seeds.",
    end=" ",
)
if not lacking:
    print("The trainings that are still to come serve tables and curves only.")
pd.set_option("display.max_colwidth", None)
pd.DataFrame(hours).T.assign(
    **{"hours of a core": [f"{row['hours of a core']:.1f}" for row in hours.values()]}
)

# %% tags=["machinery"]
PASSES = {"this book": 0, "the paper": 160 * 2_000 * 160}
original = {"weights": "", "first_stride": "1x1"}  # the ResNet-50 of 2015, chapter 3
ours, theirs, market = run.settings, profiles.load("paper", **original), 751
people = ours.data.train_ids if dataset == "drawn" else market
schedule, sizes = ours.schedule, {}
PASSES["this book"] = schedule.steps * schedule.ids_per_batch * schedule.shots_per_id
for name, asked, ids in (("this book", ours, people), ("the paper", theirs, market)):
    size = asked.data.height, asked.data.width
    found = networks.cost(asked.network, ids, size)
    sizes[name] = {"parameters, million": found.parameters / 1e6}
    sizes[name] |= {"multiply-adds a picture, million": found.multiply_adds / 1e6}
    sizes[name] |= {"picture passes, million": PASSES[name] / 1e6}
sizes = pd.DataFrame(sizes)
work = sizes.iloc[1] * sizes.iloc[2]
more = about(work.iloc[1] / work.iloc[0])
print(f"The paper's single network: at least about {more} times our work.")
sizes.map(lambda x: f"{float(f'{x:.3g}'):,g}")

# %% [markdown]
# Passes and multiply-adds multiply. That is why this book can compare *parts* of a
# method over many seeds on a laptop, and cannot reproduce the paper's numbers there.

# %% [markdown]
# ## Take-away
#
# With care each step runs many times faster than its plain version and gives the same
# result, and none holds the whole table it works through: Figure 9.3 says what share of
# it is enough. Re-ranking is the step whose time and whole table grow fastest with the
# pictures, towards the power of two, and the one that stops first. The paper's training
# is beyond a laptop by a factor that no care removes, so a study on a small scale can
# test parts and differences only.

# %% [markdown]
# **Exercises**, from easy to hard.
# 1. From the power of its last step, estimate re-ranking for 100,000 pictures. Is it
#    nearer to a minute or an hour?
# 2. Double the pictures of a person in the timing (50 people instead of 100). Which of
#    the three steps becomes slower, and why?
# 3. Time `plain_local` with 4, 8 and 16 stripes. Is its power the library's?
# 4. Run `make bench` on your machine. Which rows change their *ratio* to the floor?
#
# <details><summary>Answers</summary>
#
# (1) Five times the largest size measured: its seconds, times five to the last power in
# the table above. That is nearer to a minute. (2) CMC and mAP: each query has twice
# the matches to count; the other two do not look at who is shown. (3) It is lower at
# first, because much of what the plain form does for a pair costs the same for any number
# of stripes, and climbs towards two with more of them. (4) A product of matrices scales
# with arithmetic, counting and sorting with memory, so the ratios of CMC and mAP and of
# re-ranking move most.
#
# </details>

# %% [markdown]
# ## Check yourself
#
# Every answer is checked at once. A function is tried on inputs that it has not seen,
# and you are told which property fails; in a question, each option has its reason.
# `make exercises` writes this chapter with blanks in place of the answers below.
#
# **A table.** How many megabytes (a million bytes) would the distances of all stripes of
# all pairs take, as 32-bit numbers, if they were held at once?

# %%
from reprolib.book.checks import ask, check, choose


# %% tags=["solution"]
def table_size(Q, G, H):
    """Megabytes for Q queries and G gallery pictures of H stripes each."""
    return 4 * Q * G * H**2 / 1e6


# %%
check("table-size", table_size)

# %%
ask("near-the-floor")

# %% tags=["solution"]
choose("near-the-floor", "b")

# %% [markdown]
# **Powers.** With which power does a time grow from each size to the next?


# %% tags=["solution"]
def powers_of(sizes, seconds):
    """The power (n - 1,) between neighbouring sizes; sizes, seconds: (n,)."""
    return np.diff(np.log(seconds)) / np.diff(np.log(sizes))


# %%
check("powers", powers_of)

# %%
results = {
    "speed_one_thread": timings.to_dict("index"),
    "memory": memory.to_dict("index"),
    "hours_of_trainings": total,
    "work_of_the_paper": float(work.iloc[1] / work.iloc[0]),
}
run.write(results)
print(run.provenance())
