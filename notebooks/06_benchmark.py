# %% [markdown]
# # 6. Benchmark: what does a score say about a method?
#
# "94.4 % on Market1501." Is that a fact about a network? Only in part. It is also a
# fact about a re-ranking step, about the size of a gallery, and about half a dozen
# small decisions of the test. How much of a score is the network's? This chapter takes
# one network that is already trained, holds its features fixed, and changes everything
# else.
#
# **You will do**: walk through the four steps of re-ranking by hand, score the same
# features by many rules, test as three other data sets ask to be tested, and read the
# published tables. **You will learn** what a k-reciprocal neighbour is, why re-ranking
# can lower rank-1, which rules of a test move a score most, and what of ours can be set
# beside the published numbers. **You need** chapters 1, 4 and 5.

# %% tags=["parameters"]
profile: str = "quick"  # smoke, quick or paper
dataset: str = "drawn"  # or a name from data_sets/index.md
data_root: str = ""  # where the photographs lie; the drawn data need none
runs_root: str = ""  # where runs are kept; empty: runs/ of the project
seed: int = 0  # draws the smaller galleries of this chapter; the network is of seed 0

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torchvision.transforms.v2.functional import resize

from reprolib import book, reranking
from reprolib.book import figures, reported
from reprolib.book.checks import check
from reprolib.data.pictures import move_box
from reprolib.data.sets.market1501 import OFFICIAL
from reprolib.evaluation import evaluate, evaluate_features, protocols, single_shot
from reprolib.evaluation.features import Embedded, distance, embed
from reprolib.evaluation.scoring import percent, reranked
from reprolib.study import claims, records, variants, verdicts
from reprolib.study.verdicts import points as signed

run = book.open("06_benchmark", profile, dataset, data_root, runs_root, seed)
settings, store = run.settings, run.store
pd.set_option("display.max_colwidth", None)

# %% [markdown]
# ## One network, all chapter long
#
# Every query and every gallery picture goes through the network once: `aligned`, the
# single network of chapter 4, compared by its global feature as the paper does. After
# this cell no score changes because a network changed.

# %%
box = settings.data.box_error
test = store.test(box)
query, gallery = test.query, test.gallery
labels = query.pids, gallery.pids, query.camids, gallery.camids
network = store.trained(variants.name("aligned", box), 0).networks[0]
features = test.embed(network)
plain = distance("global", *features)
start = percent(test.score(plain))
print(f"{len(query)} queries: rank-1 {start['rank1']:.1f} %, mAP {start['mAP']:.1f} %.")

# %% [markdown]
# ## Re-ranking: do my neighbours know me?
#
# A ranking asks each gallery picture one question: how far are you from the query?
# Re-ranking asks a second one: am I among *your* nearest, too? A wrong picture often
# comes near because it is near to everybody, and then the answer is more often no. The
# method of Zhong, Zheng, Cao and Li (2017) has four steps and needs neither training
# nor labels.
#
# **Step 1: neighbours.** Queries and gallery form one set. $N(i, k)$ is picture $i$
# itself and the $k$ nearest to it; the usual choice is $k_1 = 20$ (`k1` in code). **Step
# 2: reciprocity.** Keep those who agree:
#
# $$R(i, k) = \{\, j \in N(i, k) : i \in N(j, k) \,\}.$$
#
# Is that enough? The shortcut would be to put those who agree with the query first and
# to leave the order as it was otherwise; the code tries it.

# %%
K1, K2, LAMBDA = 20, 6, 0.3


def neighbours(D, k):
    """(n, n) distances -> (n, k + 1): each picture itself, then its k nearest."""
    D = torch.as_tensor(D).clone().fill_diagonal_(-1)
    return D.topk(min(k + 1, len(D)), largest=False).indices.numpy()


def reciprocal(near):
    """(n, k + 1) neighbours -> (n, n) bool: which two are among each other's?"""
    among = np.zeros((len(near), len(near)), bool)
    np.put_along_axis(among, near, True, 1)
    return among & among.T


everyone = Embedded(*(torch.cat(pair) for pair in zip(*features, strict=True)))
D = distance("global", everyone, everyone).square().numpy()
near = neighbours(D, K1)
full, half = reciprocal(near), reciprocal(near[:, : round(K1 / 2) + 1])


# %% tags=["machinery"]
pids, asked = torch.cat([query.pids, gallery.pids]).numpy(), np.arange(len(query))
others = np.arange(len(pids)) != asked[:, None]  # not the query itself
same = (pids == pids[asked, None]) & others
among = np.zeros(same.shape, bool)
np.put_along_axis(among, near[asked, 1:], True, 1)
agree = [100 * full[asked][among & side].mean() for side in (same, ~same)]
print(f"{100 * same[among].mean():.0f} % of a query's {K1} nearest show its person.")
print(f"Of these {agree[0]:.0f} % agree, of the strangers {agree[1]:.0f} %.")
no = ~torch.from_numpy(full[: len(query), len(query) :])
moved = percent(test.score(plain + plain.max() * no))["mAP"] - start["mAP"]
print(f"If those who agree just come first, mAP moves by {signed(moved)} points.")

# %% [markdown]
# **Step 3: expansion.** A true match in another pose may be missing from the set,
# although it is close to members of it. So each member $j$ may bring its own, smaller
# set along, if more than two thirds of that are in already:
#
# $$\begin{aligned}
# R^*(i, k) &= R(i, k) \;\cup\; R(j, k/2) \quad \text{for every } j \in R(i, k) \\
# &\text{with } |R(i, k) \cap R(j, k/2)| > \tfrac{2}{3}\, |R(j, k/2)|.
# \end{aligned}$$
#
# Let $d$ be the squared distance from $i$, divided by the largest that $i$ has to
# anybody. A member at $d$ has the weight $e^{-d}$, scaled so that all weights sum to 1. A
# picture is now described by the company it keeps.
#
# **Step 4: compare the company.** Weights are averaged over the picture itself and the
# five next to it ($k_2 = 6$). Those of two pictures, $v$ and $w$, are compared by what
# they share, and that is mixed with the query's own $d$:
#
# $$d_J = 1 - \frac{\sum_m \min(v_m, w_m)}{\sum_m \max(v_m, w_m)}, \qquad
# d^* = \lambda\, d + (1 - \lambda)\, d_J, \quad \lambda = 0.3.$$
#
# **Predict, then run.** What is $d_J$ of two pictures without a common neighbour? How
# much of the gallery will that be? We follow the query that gains most from re-ranking:
# a flattering example, picked to show the mechanism. The honest average comes after it.


# %%
def expanded(i):
    """(n,) bool: R*, the reciprocal set of picture i after expansion."""
    members = full[i].copy()
    for j in np.flatnonzero(full[i]):
        if (full[i] & half[j]).sum() > 2 / 3 * half[j].sum():
            members |= half[j]
    return members


def company(i):
    """(n,) weights of the pictures in R*, averaged over i and the K2 - 1 next to it."""
    rows = near[i, :K2]
    weights = np.exp(-D[rows] / D[rows].max(1, keepdims=True))
    weights *= np.stack([expanded(j) for j in rows])
    return (weights / weights.sum(1, keepdims=True)).mean(0)


# %%
after = reranked("global", *features, k1=K1, k2=K2, lambda_=LAMBDA)
aps = [test.score(d, average="all").ap for d in (plain, after)]
chosen = int((aps[1] - aps[0]).argmax())
few = range(min(len(gallery), 500))
theirs = np.stack([company(len(query) + j) for j in few])
shared, most = (f(company(chosen), theirs).sum(1) for f in (np.minimum, np.maximum))
d, d_J = D[chosen, len(query) :][few] / D[chosen].max(), 1 - shared / most
by_hand = LAMBDA * d + (1 - LAMBDA) * d_J

# %% tags=["machinery"]
worst = np.abs(by_hand - after[chosen, few].numpy()).max()
none = f"{100 * (d_J == 1).mean():.0f} % of the first {len(few)} gallery pictures"
moved = percent(test.score(after))["mAP"] - start["mAP"]
print(f"By hand and by the library: {worst:.0e} apart at most.", end=" ")
print(f"{none} share no neighbour with query {chosen}.")
print(f"Over all queries the four steps move mAP by {signed(moved)} points.")

# %% mystnb={"figure": {"name": "reranked-list", "caption": "The chosen query's ranked list before re-ranking (top) and after it (bottom), ticks and green frames right, crosses and orange frames wrong. A double arrow above a picture: it and the query are each among the other's twenty nearest; a dash: they are not."}, "image": {"alt": "Two rows of pictures. Each starts with the same query; the eight nearest gallery pictures follow, with rank, tick or cross and a double arrow or a dash; the lower row has more ticks."}}
matches = gallery.pids == query.pids[:, None]
hidden = matches & (gallery.camids == query.camids[:, None]) | (gallery.pids == -1)
tables = [d.masked_fill(hidden, torch.inf) for d in (plain, after)]
lists = [table[chosen].argsort()[:8].tolist() for table in tables]
fig, axes = plt.subplots(2, 9, figsize=(figures.WIDTH, 3.9))
hits = [int(matches[chosen, some].sum()) for some in lists]
fig.suptitle(
    f"Right among the first eight: {hits[0]}, after re-ranking {hits[1]}", size=10
)
for row, some in zip(axes, lists, strict=True):
    found = [gallery.images[j] for j in some]
    right = matches[chosen, some].tolist()
    figures.ranked_list(row, query.images[chosen], found, right)
    for ax, j in zip(row[1:], some, strict=True):
        sign = "⇄" if full[chosen, len(query) + j] else "–"
        ax.set_title(f"{ax.get_title()} {sign}", size=9)
plt.show()

# %% [markdown]
# Two pictures without a common neighbour have $d_J = 1$, so whatever their distance
# they end at $d^* \ge 0.7$, behind nearly everybody who shares company. Re-ranking asks
# for company, not for a double arrow: a picture that does not have the query among its
# nearest can still come up if their friends are the same, and a look-alike with a double
# arrow can stay.
#
# ## Over all seeds: what rises, and what falls?
#
# The study's record holds the scores of every seed before and after re-ranking, by the
# global distance and by both distances together. Chapter 5 explains the study; the
# error of its boxes is a real detector's (0.4) or a bad one's (1). Of two networks that
# teach each other we take the first. **Predict, then run**: which of the two scores
# gains more, and can either fall?

# %% tags=["machinery"]
rows, BY = [], {"global": "global", "global+aligned": "both distances"}
for study in ("drawn-main", "drawn-mutual"):
    for line in records.lines(study).values():
        method, _, boxes = line["variant"].rpartition("-")
        first = line["students"][0][boxes]["market"]
        for kind, scores in line["reranked"].items():
            if method in ("global", "aligned", "mutual"):
                name = f"{method}, error {boxes.removeprefix('box')}"
                rows.append((name, BY[kind], line["data_seed"], first[kind], scores))
if not rows:  # no record yet
    rows = [("this run", "global", 0, start, percent(test.score(after)))]
pairs = pd.DataFrame(
    {"trained": trained, "distance": kind, "people": people}
    | {f"{score} before": first[score] for score in ("mAP", "rank1")}
    | {f"{score} after": second[score] for score in ("mAP", "rank1")}
    for trained, kind, people, first, second in rows
)

# %% tags=["machinery"]
for score in ("mAP", "rank1"):
    pairs[score] = pairs[f"{score} after"] - pairs[f"{score} before"]
groups = pairs.groupby(["trained", "distance"], sort=False)
lifted = groups[["mAP before", "mAP", "rank1"]].mean()
missing = 100 * lifted["mAP"] / (100 - lifted["mAP before"])
lifted.columns = "mAP before", "change of mAP", "change of rank-1"
lifted.insert(2, "of what was missing, %", missing)
fallen = groups["rank1"].agg(lambda g: f"{(g < 0).sum()} of {len(g)}")
lifted.round(1).assign(**{"rank-1 falls in, seeds": fallen})

# %% tags=["machinery"]
main = pairs[pairs.trained.isin(["aligned, error 0.4", "this run"])]
main = main[main.distance == "global"]  # the paper's way to test
falls = {score: int((pairs[score] < 0).sum()) for score in ("mAP", "rank1")}
print(f"Of {len(pairs)} cases mAP falls in {falls['mAP']}, rank-1 in", end=" ")
print(f"{falls['rank1']}; in {np.isclose(pairs.rank1, 0).sum()} rank-1 stays.")
before, gain, first = main[["mAP before", "mAP", "rank1"]].mean()
print(f"Aligned, error 0.4, global distance: {signed(gain)} points of mAP", end=" ")
print(f"from {before:.1f} on, {signed(first)} of rank-1; one query is", end=" ")
print(f"{100 / len(query):.1f} points. Rows published on Market1501 gain", end=" ")
published = reported.load()  # the paper's row after re-ranking joins the one before
published["method"] = published.method.str.removesuffix(" + RK")
published = published.groupby(["source", "dataset", "method"], sort=False)
published = published.first().reset_index()
rows = published[published.dataset == "Market1501"]
rows = rows.dropna(subset=["rank1", "mAP", "rk_rank1", "rk_mAP"])
points = rows.rk_mAP - rows.mAP, rows.rk_rank1 - rows.rank1
mAP, rank1, first = (f"{x.min():.1f} to {x.max():.1f}" for x in (*points, rows.mAP))
share = 100 * points[0] / (100 - rows.mAP)
print(f"{mAP} points of mAP from {first} on, which is {share.min():.0f} to", end=" ")
print(f"{share.max():.0f} % of what was missing, and {rank1} of rank-1.")

# %% tags=["machinery"]
regained = 100 * main["mAP"] / (100 - main["mAP before"])  # of what was missing, %
sets = main.assign(share=regained).groupby("people")[["mAP before", "mAP", "share"]]
sets = sets.agg(["min", "max", "mean"]).sort_values(("mAP before", "mean"))
each = [
    "from {:.1f} to {:.1f} on".format(*one["mAP before"])
    + ", {:.0f} to {:.0f} %".format(*one["share"])
    for _, one in sets.iterrows()
]
print(f"By set of test people, of what was missing: {'; '.join(each)}.", end=" ")
if len(sets) > 1:
    top = sets["mAP", "mean"].to_numpy().argmax() == len(sets) - 1
    print("The set that starts highest", end=" ")
    so = "gains the most points: the room up to 100 does not decide the gain."
    print(so if top else "does not gain the most points.")

# %% mystnb={"figure": {"name": "reranking-gain", "caption": "Every arrow is one trained network by one distance, from its score before re-ranking to its score after it: blue where it rises, orange where it falls; a black dot where it stays. Error is that of the boxes; mutual is the first student of each pair."}, "image": {"alt": "Two panels of horizontal arrows in groups by training and distance. In the left panel, mAP, blue arrows point to the right; in the right panel, rank-1, arrows are shorter, some are orange and point to the left, and a few are mere dots."}}
size = (figures.WIDTH, 1.2 + 0.62 * len(groups))
fig, axes = plt.subplots(1, 2, figsize=size, sharey=True)
for ax, score in zip(axes, ("mAP", "rank1"), strict=True):
    for y, (_, group) in enumerate(groups):
        ends = group[[f"{score} before", f"{score} after"]].to_numpy()
        for k, (a, b) in enumerate(ends):
            at = y + (k - (len(ends) - 1) / 2) * min(0.14, 0.84 / len(ends))
            if np.isclose(a, b):
                ax.plot(a, at, ".", color="black", markersize=5)
                continue
            look = {"color": figures.ORANGE if b < a else figures.BLUE, "lw": 1.1}
            look |= {"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0}
            ax.annotate("", (b, at), (a, at), arrowprops=look | {"mutation_scale": 5})
    ends = pairs[[f"{score} before", f"{score} after"]]
    ax.set_xlim(ends.min(axis=None) - 1, ends.max(axis=None) + 1)
    name = score.replace("rank1", "rank-1")
    ax.set(xlabel=f"{name}, %", ylim=(len(groups) - 0.5, -0.5))
    ax.set_title(f"{name} falls in {falls[score]} of {len(pairs)} cases")
names = [f"{trained}\n{kind}" for trained, kind in groups.groups]
axes[0].set_yticks(range(len(names)), names, fontsize=8)
plt.show()

# %% [markdown]
# Re-ranking pulls the *later* matches forward, because they are neighbours of the first
# one, and mAP counts them all. Rank-1 counts the first alone: where it was right it can
# only be lost, where it was wrong it may be won, and the sum can go either way.
#
# Why do published rows gain more? A first guess is *headroom*: who starts higher has
# less to win. If that were all, the shares of what was missing to 100 would agree. Good
# boxes and bad ones do differ less in that column than in points; how far sets of people
# and published rows differ stands above. What headroom leaves may lie in $k_1$.
#
# ## How many friends has a picture?
#
# $k_1 = 20$ is a statement about the data: each picture is thought to have about twenty
# relatives. If a person has fewer, the rest of the set must be strangers. We turn $k_1$
# and count them.

# %% tags=["machinery"]
typical = int(np.median(same.sum(1)))
asks, shows = OFFICIAL["query"], OFFICIAL["gallery"]  # of Market1501
boxes = shows["pictures"] - shows["distractors"] - shows["junk"] + asks["pictures"]
market = boxes / asks["identities"] - 1
widest, by_k1 = neighbours(D, 40), {}
for k1 in (2, 3, 4, 5, 6, 8, 10, 14, 20, 28, 40):
    friends = reciprocal(widest[:, : k1 + 1])[asked] & others
    strangers = 100 * (1 - same[friends].sum() / max(1, friends.sum()))
    d = reranking.k_reciprocal_features(*(f.global_ for f in features), k1=k1)
    by_k1[k1] = {"strangers": strangers} | percent(test.score(d))
by_k1 = pd.DataFrame(by_k1).loc[["strangers", "rank1", "mAP"]]
gains = by_k1.loc["mAP"] - start["mAP"]
best, won = gains.idxmax(), 100 * gains / (100 - start["mAP"])
turned = (by_k1.loc["rank1"] - start["rank1"]) * len(query) / 100

# %% tags=["machinery"]
print(f"Other pictures of a person: {typical} here, {market:.0f} in Market1501's test.")
for k1 in (K1, best):
    print(f"k1 = {k1}: {by_k1[k1].strangers:.0f} % of those who agree are", end=" ")
    print(
        f"strangers; {signed(gains[k1])} points of mAP, {won[k1]:.0f} % of what",
        end=" ",
    )
    print(f"was missing; {turned[k1]:+.0f} of {len(query)} first answers.")
print(f"The share regained goes from {won[K1]:.0f} to {won[best]:.0f} %;", end=" ")
print(f"rows published on Market1501 have {share.min():.0f} to", end=" ")
print(f"{share.max():.0f} %.", end=" ")
print("The rest we cannot explain." * bool(won[best] < share.min()))
less = int((regained.round(1) < round(won[K1], 1)).sum())
print(f"But this is one network: at k1 = {K1} the {len(main)} of the record", end=" ")
print(f"regain {regained.min():.0f} to {regained.max():.0f} %; {less} of them", end=" ")
print(f"less than this one, {int((regained >= share.min()).sum())} as much", end=" ")
print("as a published row.")

# %% mystnb={"figure": {"name": "neighbourhood-size", "caption": "The global distance of this run's network after re-ranking, over the number of neighbours k1. Dashed: without re-ranking. Dotted: how many other pictures a person has."}, "image": {"alt": "Two curves, rank-1 above mAP, over k1 from 2 to 40 on a logarithmic axis; both have their highest points at small k1 and fall to the right. Dashed horizontal lines stand for the scores without re-ranking, a dotted vertical line for the number of pictures of a person."}}
fig, ax = plt.subplots(figsize=(figures.WIDTH, 3.0))
for score, colour in (("rank1", "C1"), ("mAP", "C0")):
    ax.plot(by_k1.loc[score], "o-", color=colour)
    ax.axhline(start[score], color=colour, linestyle="--", lw=1)
    name, end = score.replace("rank1", "rank-1"), (42, by_k1.loc[score].iloc[-1])
    ax.annotate(name, end, color=colour, va="center")
ax.axvline(typical, color="black", linestyle=":")
ax.set(xscale="log", xlim=(1.9, 52), ylabel="%")
ax.set_xticks(by_k1.columns, by_k1.columns)
ax.minorticks_off()
ax.set_xlabel("$k_1$ (dotted: other pictures of a person; dashed: without re-ranking)")
ax.set_title(f"mAP is best at k1 = {best}; a person has {typical} other pictures")
plt.show()

# %% tags=["machinery"]
has, fitted = (matches & ~hidden).any(1), max(2, min(typical, K1 - 1))
apart = {"distance": plain}
for k1 in (K1, fitted):  # d_J alone
    apart[k1] = reranked("global", *features, k1=k1, k2=K2, lambda_=0)
ahead = {}
for name, table in apart.items():  # the farthest match and the nearest stranger by it
    match = table.masked_fill(~matches | hidden, -torch.inf).amax(1)[has].numpy()
    stranger = table.masked_fill(matches | hidden, torch.inf).amin(1)[has].numpy()
    apart[name] = match, stranger
    ahead[name] = 100 * (match < stranger).mean()
alone = [100 * (apart[k1][1] > 1 - 1e-6).mean() for k1 in (K1, fitted)]
print(f"Queries with whom no stranger shares company: {alone[0]:.0f} % at", end=" ")
print(f"k1 = {K1}, {alone[1]:.0f} % at {fitted}; a person has {typical} others.")

# %% mystnb={"figure": {"name": "company", "caption": "How far a query is from its farthest true match (blue) and from its nearest stranger (orange), over all queries: by the plain distance on the left, by $d_J$, how little company they share, for two sizes of the neighbourhood. Each measure has its own farthest and nearest."}, "image": {"alt": "Three histograms with the matches in blue and the strangers in orange. On the left, by distance, they overlap almost wholly; in the middle the blue ones stand left and the orange ones spread over the whole axis; on the right most orange ones lie far right, many at 1."}}
fig, axes = plt.subplots(1, 3, figsize=(figures.WIDTH + 0.6, 2.7), sharey=True)
names = ("farthest match", "nearest stranger")
for ax, (k1, both) in zip(axes, apart.items(), strict=True):
    bins = np.linspace(0, max(1, np.concatenate(both).max()), 21)
    for name, values, colour in zip(names, both, ("C0", "C1"), strict=True):
        ax.hist(values, bins, alpha=0.6, color=colour, label=name)
    how = "distance" if k1 == "distance" else f"company, $k_1$ = {k1}"
    ax.set_title(f"{how}: {ahead[k1]:.0f} %")
    ax.set_xlabel("distance" if k1 == "distance" else "$d_J$")
    ax.set_xticks((0, 0.5, 1))
axes[0].set_ylabel("queries")
axes[0].legend(fontsize=8)
fig.suptitle("How often every match is nearer than every stranger", size=10)
plt.show()

# %% [markdown]
# So the size of the neighbourhood is a part of the answer: the more often a data set
# shows each person (counts above), the more of twenty neighbours can be relatives.
# Where it shows them less often, most of the twenty must be strangers, and many of
# these agree: in the middle histogram many a stranger shares as much company with a
# query as its farthest match does. In a neighbourhood of the right size they more often
# share nothing. The right-hand histogram takes the size that the data suggest, the
# other pictures of a person, and not the best point of the curve, which only the test's
# scores can show. For the same reason we do not take the best $k_1$ for the results:
# that would be tuning on the test. About rank-1 this one network cannot tell: the first
# answers that turn are too few.
#
# There is a second caution. Re-ranking uses the whole gallery as a hint, even the other
# queries: a re-ranked score and one that is not are of different tasks (chapter 7).

# %% [markdown]
# ## Same features, other rules
#
# Now the protocol. Every line below scores the same distances. Two of the rules are
# *choices* that careful people make differently:
#
# - **AP**: a sum of precisions (step, today's use) or the area under straight lines
#   (trapezoid, the MATLAB code of 2017 and scikit-learn before 0.19).
# - **Queries without a match**, in a gallery that lacks a tenth of the people: left out
#   of the mean, or counted as 0.
#
# The others are *faults*:
#
# - **Distractors**: wrong boxes, pid 0, are left out; they belong to the gallery.
# - **Junk**: boxes that show half a person, pid −1, are counted as wrong answers.
# - **Own camera**: pictures of the query's person *and* camera are left in.
# - **Ties**: distances rounded to 16 levels, so that the order of equal ones decides:
#   wrong pictures first (the cautious rule, which the library has) or right ones first.
#
# The tenth, the 16 levels and the numbers of distractors and junk boxes are ours, and the
# bars grow with them: they show what a rule can do, not what it did in anybody's table.
#
# **Predict, then run.** Which of the seven move *rank-1*, and in which direction?

# %%
rng, ids = np.random.default_rng(seed), np.unique(query.pids)
rest = ~np.isin(gallery.pids, rng.choice(ids, -(-len(ids) // 10), replace=False))
coarse = ((plain - plain.min()) / (plain.max() - plain.min()) * 15).round()


def scored(d=plain, keep=gallery.pids > -2, camids=gallery.camids, **rules):
    """Scores by Market1501's protocol, among the gallery pictures in `keep`."""
    kept = query.pids, gallery.pids[keep], query.camids, camids[keep]
    return percent(evaluate(d[:, keep], *kept, **rules))


RULES = {
    "trapezoid AP": scored(ap="trapezoid"),
    "no match counts as 0": scored(keep=rest, average="all"),
    "distractors left out": scored(keep=gallery.pids != 0),
    "junk counted as wrong": scored(junk_pids=()),
    # below zero: no gallery picture has its query's camera, so none is left out
    "own camera left in": scored(camids=-1 - gallery.camids),
    "16 levels, wrong ones first": scored(coarse),
    "16 levels, right ones first": scored(coarse - 0.5 * matches),
}

# %% tags=["machinery"]
usual = dict.fromkeys(RULES, scored()) | {"no match counts as 0": scored(keep=rest)}
rules = pd.DataFrame(RULES).T[["mAP", "rank1"]]
change = rules - pd.DataFrame(usual).T[rules.columns]
kinds, first = {"choice": change[:2], "fault": change[2:]}, change["rank1"].round(6)
for word, some in (("rises", first > 0), ("falls", first < 0), ("stays", first == 0)):
    each = [f"{k} ({signed(v)})" if v else k for k, v in first[some].items()]
    print(f"Rank-1 {word} with: {', '.join(each) or 'none'}.")
spread = main[["mAP before", "rank1 before"]]  # of networks tested on the same people
spread = (spread - spread.groupby(main.people).transform("mean")).pow(2).sum()
spread = np.sqrt(spread / max(1, len(main) - main.people.nunique())).to_numpy()
own, within = change.loc["own camera left in"], change.abs() <= spread
print(f"Own camera left in: {signed(own.mAP)} points of mAP,", end=" ")
print(f"{signed(own['rank1'])} of rank-1.")
within = [", ".join(change.index[within[score]]) or "no rule" for score in change]
print(
    "Within the grey strips stays mAP ({:.1f} on either side)".format(*spread), end=" "
)
print(f"with {within[0]}, and rank-1 ({spread[1]:.1f}) with {within[1]}.")
here = [int((gallery.pids == pid).sum()) for pid in (0, -1)]
print(
    f"Here {here[0]} distractors and {here[1]} junk of {len(gallery):,} boxes;", end=" "
)
print("in Market1501 {distractors:,} and {junk:,} of {pictures:,}.".format(**shows))

# %% mystnb={"figure": {"name": "protocol-choices", "caption": "What each rule adds to mAP (blue) and rank-1 (orange) of the very same features; *no match counts as 0* is set against the same smaller gallery with those queries left out. Above, choices of careful people; below, faults. The grey strip behind a bar is one standard deviation of the same score, on either side, over the networks of the record that are tested on the same people: they differ in their seed alone."}, "image": {"alt": "Two panels of horizontal bars around zero, choices above and faults below, each rule with a bar for mAP and one for rank-1 and the number at its end; a grey strip around zero behind each bar."}}
shape = {"figsize": (figures.WIDTH, 4.2), "height_ratios": (2, 5), "sharex": True}
fig, axes = plt.subplots(2, 1, **shape)
for ax, (kind, part) in zip(axes, kinds.items(), strict=True):
    sides = zip(rules, spread, ("C0", "C1"), (-0.2, 0.2), strict=True)
    for column, deviation, colour, down in sides:
        name, places = column.replace("rank1", "rank-1"), np.arange(len(part)) + down
        grey = {"left": -deviation, "color": figures.GREY, "alpha": 0.25}
        ax.barh(places, 2 * deviation, 0.4, **grey)
        bars = ax.barh(places, part[column], 0.36, color=colour, label=name)
        ends = [signed(end) if end else "0" for end in part[column]]
        ax.bar_label(bars, ends, padding=3, fontsize=8)
    ax.axvline(0, color="black", linewidth=1)
    ax.set_yticks(range(len(part)), part.index)
    ax.invert_yaxis()
    mAP, rank1 = part.abs().max()
    ax.set_title(f"{kind}s: up to {mAP:.1f} of mAP, {rank1:.1f} of rank-1", loc="left")
axes[0].legend(loc="upper right")
axes[1].set_xlim(1.15 * change.min(axis=None) - 0.3, 1.15 * change.max(axis=None) + 0.3)
axes[1].set_xlabel("points")
plt.show()

# %% [markdown]
# Rank-1 looks at the first answer only, so it does not matter to it how AP is summed;
# every other rule can put another picture first or change what is counted, and where
# one leaves rank-1 as it is, that is this network's luck. Set each bar against its grey
# strip: where it is longer, the rule moves the score further than another seed typically
# does, and a table that mixes two such rules may rank the rules. The most treacherous
# faults look like progress: own-camera pictures and friendly ties *raise* the score. How
# far own-camera pictures raise it depends on the features: the print above has it for a
# trained network; the untrained colours of chapter 1, which follow the camera, gained
# far more rank-1 from them. (Distances of full precision hardly ever tie; where they do,
# the library's order makes sure that a network that has collapsed earns next to
# nothing.)

# %% [markdown]
# ## Three other protocols
#
# **CUHK03**, in its classic form, tests on 100 people and shows of each only *one*
# gallery picture, drawn at random; the result is the mean over many draws. No public
# code that we read seeds them. `single_shot` does, and keeps each result. (Its newer
# split is scored as Market1501's; the paper's was another.) The limit needs no draws: say
# which picture is the match; another person $i$ then comes before it with probability
# $p_i$, the share of that person's pictures that are nearer, so that
#
# $$P(\text{rank } 1) = \prod_i (1 - p_i),$$
#
# averaged over the pictures that may be the match. CUHK03 has no distractors, so we
# leave ours out.

# %% [markdown]
# **MARS** compares tracklets: all frames in which one camera follows a person. Their
# features are averaged and scaled to unit length again (how the paper pooled them we do
# not know). Our frames are the gallery's pictures, each in six boxes that are wrong by
# chance, as wrong as a real detector's (0.4). Queries stay single pictures here; in MARS
# they are tracklets, too.
#
# **CUHK-SYSU** gives each query a list of scenes of its own. Scores depend on how long
# the lists are, and how long the paper's are we do not know. Ours hold the true matches
# of a query and a given number of others, drawn for each query anew.
#
# **Predict, then run.** Will six wrong boxes together do better than a single one that
# fits?

# %%
people_only = {"junk_pids": (-1, 0)}
drawn = single_shot.single_shot(plain, *labels, draws=100, seed=seed, **people_only)
draws = 100 * drawn.cmc_by_draw[:, 0].numpy()
limit = percent(single_shot.single_shot_limit(plain, *labels, **people_only))["rank1"]
whole = percent(evaluate(plain, *labels, **people_only))["rank1"]
print(f"One picture a person: rank-1 {draws.mean():.1f}, limit {limit:.1f};", end=" ")
print(f"a draw, {draws.min():.1f} to {draws.max():.1f}. All pictures: {whole:.1f}.")

# %%
good = store.pixels("gallery", 0.0)  # boxes that fit


def frame(k, error=0.4):
    """(G, C): the gallery's features when every box is moved anew."""
    size, first = list(good.images.shape[-2:]), k * len(good)
    moved = [move_box(one, error, first + i) for i, one in enumerate(good.images)]
    images = torch.stack([resize(one, size, antialias=True) for one in moved])
    return embed(network, images).global_


def pooled(*frames):
    """Scores against tracklets of these frames, (G, C) each."""
    mean = F.normalize(torch.stack(frames).mean(0), dim=1)
    return percent(evaluate_features(features[0].global_, mean, *labels))


# %% tags=["machinery"]
frames = [frame(k) for k in range(6 if len(good) < 5000 else 2)]
tracks = pd.DataFrame([pooled(*frames[:n]) for n in range(1, len(frames) + 1)])
tracks.index += 1
tracks.loc[1] = pd.DataFrame([pooled(one) for one in frames]).mean()
fitting = pooled(frame(0, error=0))
one, most, fits = (round(x, 2) for x in (*tracks.mAP.iloc[[0, -1]], fitting["mAP"]))
back = 100 * (most - one) / (fits - one)
ends = f"mAP with one wrong box {one:.2f}, with one that fits {fits:.2f}"
print(f"{ends}; {len(frames)} wrong ones pooled reach {most:.2f}.", end=" ")
answer = "Yes, they do better" if most > fits else "No, they do not do better"
print(f"{answer} than one that fits; they go {back:.0f} % of the way to it.")

# %%
wrong, by_size = (~matches & (gallery.pids != -1)).numpy(), {}  # junk is never scored
fewest = int(wrong.sum(1).min())
for size in sorted({min(n, fewest) for n in (10, 30, 100, 300, fewest)}):
    some = [rng.permutation(np.flatnonzero(one))[:size] for one in wrong]
    both = zip(matches.numpy(), some, strict=True)
    candidates = [np.append(np.flatnonzero(right), some) for right, some in both]
    by_size[size] = percent(protocols.listed(plain, candidates, *labels))
by_size = pd.DataFrame(by_size).T
(short, easy), (long, hard) = by_size["rank1"].iloc[[0, -1]].items()
print(f"Rank-1 is {easy:.1f} among {short} strangers, {hard:.1f} among {long:,}.")

# %% mystnb={"figure": {"name": "three-protocols", "caption": "One network by three other protocols. Left: rank-1 in 100 galleries of one picture a person; dashed, in the gallery with all pictures. Middle: tracklets of frames with wrong boxes, pooled; dashed, one box that fits. Right: lists of candidates, by the number of strangers in them. Blue is mAP, orange rank-1."}, "image": {"alt": "Three panels. A histogram of rank-1 with a dashed line to its right; mAP and rank-1 rising with the number of pooled frames towards dashed lines; mAP and rank-1 falling with the length of the list."}}
fig, axes = plt.subplots(1, 3, figsize=(figures.WIDTH + 0.6, 2.9))
axes[0].hist(draws, 12, color=figures.SKY)
axes[0].axvline(whole, color="black", linestyle="--")
axes[0].set(xlabel="rank-1, %\n(dashed: all pictures)", ylabel="draws")
for score, colour in zip(rules, (figures.BLUE, figures.ORANGE), strict=True):
    name = score.replace("rank1", "rank-1")
    for ax, curve in zip(axes[1:], (tracks, by_size), strict=True):
        ax.plot(curve[score], "o-", color=colour, label=name)
    axes[1].axhline(fitting[score], color=colour, linestyle="--", lw=1)
axes[1].set(ylabel="%", xticks=tracks.index)
axes[1].set_xlabel("frames pooled\n(dashed: one box that fits)")
axes[2].set(xlabel="strangers in a list", xscale="log")
axes[2].legend(fontsize=8)
axes[0].set_title(f"as in CUHK03: {draws.min():.0f} to {draws.max():.0f} by luck")
axes[1].set_title(f"as in MARS: {back:.0f} % of mAP back")
axes[2].set_title(f"as in CUHK-SYSU: {easy:.0f} falls to {hard:.0f}")
plt.show()

# %% [markdown]
# With one picture a person a query has one chance, and its match may be the unlike one;
# with all pictures any of several may come first. And one draw of the hundred is no
# result: the histogram says how far it may lie from the mean. Boxes that are wrong in
# different directions have different errors, and the mean of the features keeps what
# they share: a tracklet is an easier question than a picture (a real one also differs
# in pose, ours in the box alone), and so is a short list. "Rank-1 on CUHK-SYSU" says
# nothing until its length stands beside it.
#
# ## What was reported
#
# Now we can read other people's tables. First who speaks, and how many rows they give.
# All rows on Market1501 but the paper's are of a ResNet-50 trained on it alone. How AP is
# summed no table says, but code does: `AlignedReID-Re-Production-Pytorch` asks for
# scikit-learn 0.18.1, which sums trapezoids (A), and so does a copy of the triplet
# baseline (B); a copy of the co-author's code sums steps (B). Then the paper's own
# numbers, each with its mark: A, read in the source itself or quoted from it, here the
# abstract; B, second-hand. The abstract does not say that 94.4 and 97.8 are after
# re-ranking: that is B, too. Of the numbers marked B, rank-1 and mAP on Market1501
# before re-ranking stand in a reader's question (issue 4 of michuanhaohao/AlignedReID),
# the others in other people's tables. Hao Luo, who wrote the two codes of
# `michuanhaohao`, is one of the paper's authors: his rows are no independent check.

# %% tags=["machinery"]
NUMBERS, starts = (
    ["rank1", "mAP", "rk_rank1", "rk_mAP"],
    published.source.str.startswith,
)
who = [published.source == reported.PAPER, starts("michuanhaohao")]
published["who"] = np.select(who, ["the authors", "a co-author"], "independent")
sources = published.groupby("source", sort=False)
table = sources[["who"]].first()
counts = sources.dataset.value_counts().unstack(fill_value=0)
table["on Market1501"] = counts.pop("Market1501")
table["on other data sets"] = [
    ", ".join(f"{n} on {name}" for name, n in row.items() if n) or "-"
    for _, row in counts.loc[table.index].iterrows()
]
table

# %% tags=["machinery"]
paper = published[who[0]].groupby("dataset", sort=False)[["protocol", *NUMBERS]].first()
marked = paper.astype(object)
for column in NUMBERS:
    mark = "A" if column == "rk_rank1" else "B"  # the abstract has that number alone
    marked[column] = [f"{x:g} ({mark})" if x == x else "-" for x in paper[column]]
marked.columns = ["protocol", "rank-1", "mAP", "rank-1, re-ranked", "mAP, re-ranked"]
marked

# %% mystnb={"figure": {"name": "reported", "caption": "What was reported on Market1501, before re-ranking (left) and after it (right): the paper (star, trained on four data sets), its co-author (squares) and independent codes (circles), both trained on Market1501 alone. Hollow squares and circles: rows without the local branch. Best is, among the rows of a panel, the one with the highest rank-1 before re-ranking. None states repeats, so none has error bars."}, "image": {"alt": "Two scatter plots of mAP over rank-1, squares and circles filled or hollow. On the left circles, squares and the paper's hollow star form one rising band, with the star and two squares in it at the upper right end. On the right the star lies alone at the upper right."}}
LOOKS = {
    "independent": ("o", "C0", "best independent", (0.97, 0.3)),
    "a co-author": ("s", "C1", "best of the co-author", (0.62, 0.8)),
    "the authors": ("*", "C3", "the paper", (0.62, 0.94)),
}
market1501 = published[published.dataset == "Market1501"]
branch = market1501.method.str.contains("local|AlignedReID|DMLI")
branch |= market1501.note.str.contains("Alignedreid")  # a model of AlignedReID++
fig, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 3.5))
for ax, columns in zip(axes, (NUMBERS[:2], NUMBERS[2:]), strict=True):
    for name, (marker, colour, text, place) in LOOKS.items():
        group = market1501[market1501.who == name].dropna(subset=columns)
        size, face = 260, "none"
        if marker != "*":  # filled where the method has the local branch
            size, face = 32, np.where(branch[group.index], colour, "white")
        look = {"marker": marker, "ec": colour, "fc": face}
        ax.scatter(*group[columns].to_numpy().T, size, **look)
        top = group.loc[group.rank1.fillna(0).idxmax(), columns]
        look = {"color": colour, "ha": "right", "textcoords": "axes fraction"}
        line = {"arrowstyle": "-", "color": figures.GREY, "lw": 0.7}
        ax.annotate(text, top, place, arrowprops=line, **look)
    ax.set(xlabel="rank-1, %", ylabel="mAP, %")
for ax, name in zip(axes, ("before", "after"), strict=True):
    ax.set_title(f"Market1501, {name} re-ranking")
plt.show()

# %% tags=["machinery"]
for columns, name in ((NUMBERS[:2], "before"), (NUMBERS[2:], "after")):
    goal = paper.loc["Market1501", columns]
    rows = market1501[branch & ~market1501.who.eq("the authors")].dropna(subset=columns)
    reach = (rows[columns] >= goal).all(axis=1).groupby(rows.who).agg(["sum", "size"])
    counts = [f"{n} of {m} rows ({who})" for who, n, m in reach.itertuples()]
    near = rows.loc[(rows[columns] - goal).astype(float).min(axis=1).idxmax()]
    pairs_of = [" / ".join(f"{x:g}" for x in one[columns]) for one in (goal, near)]
    print(
        f"{pairs_of[0]} {name} re-ranking is reached by {', '.join(counts)}.", end=" "
    )
    print(f"Nearest: {pairs_of[1]}, {near.who}.", end=" ")
    for _, one in rows[rows[columns[0]] > goal.iloc[0]].iterrows():
        print(f"Above its rank-1: {one[columns[0]]:g} / {one[columns[1]]:g}", end="")
        print(f" ({one.source.split('/')[-1]}, {one.method}).", end=" ")
print("Only rows with the local branch are counted.")

# %% [markdown]
# No run of *this method* that we found reaches the paper's pair of numbers, with or
# without re-ranking. The co-author's AlignedReID++, two networks trained on one data set
# and tested by four distances each, comes near, and one of its rows has a higher rank-1
# than the paper before re-ranking. (His ResNet-50 of 2019 passes the pair without any
# alignment, by other tricks of training: 94.5 / 85.9, re-ranked 95.4 / 94.2;
# `reid-strong-baseline`, A.) That does not make the numbers wrong, it makes them
# unconfirmed. Did the paper's four data sets make the difference? One of them, MARS,
# shows people of Market1501's test (chapter 1; whether they were taken out is unknown).
# The author of `AlignedReID-Re-Production-Pytorch` joined three data sets, with no gain
# on Market1501; there the local distance added only about one point, and adding the
# identity loss to the triplet loss lowered the score (A, its README).
#
# The mAP half of the pair also mixes rules: independent rows sum trapezoids, the
# co-author's it seems steps, a point or so apart above; the paper's rule is not known.
# Rank-1 is free of this. And 97.8 on CUHK03 cannot be repeated exactly: we found no
# published split.
#
# ## Differences can be compared
#
# Our own scores stand in the table of results on the front page, not in this figure: 80 %
# on drawn people and 80 % on Market1501 have nothing in common but the unit. But
# *questions* can be compared: does a part help, and by how much? Each row below sets
# published differences, of single runs within one source and one test, beside the claim
# that we wrote down before the trainings that judge it; chapter 5 explains the verdicts.

# %% tags=["machinery"]
ASKED = {
    "global-aligned": "local branch (tested on global)",
    "both": "both distances (against global)",
    "mutual": "mutual learning (mean of both students)",
}
findings = {found.claim.name: found for found in verdicts.findings()}
table, SCORES = published.set_index(["source", "dataset", "method"]), ["rank1", "mAP"]


def told(points):
    """Two differences, of rank-1 and of mAP."""
    return " / ".join(map(signed, points))


# %% tags=["machinery"]
rows, said = [], []
for name, what in ASKED.items():
    found, gap = findings[name], findings[name].difference
    row = {"difference": what, "verdict": found.verdict}
    gains = reported.gains(name)
    for source, points in gains.iterrows():
        row[f"published ({sources.who.first()[source]})"] = told(points)
    if gap:
        row["ours"] = f"{signed(gap.mean)} {found.score}"
        row["95 % interval"] = f"{signed(gap.low)} to {signed(gap.high)}"
    rows.append(row)
    gaps = gains[found.claim.score].tolist()
    inside = sum(gap.low <= g <= gap.high for g in gaps) if gap else 0
    both = " and ".join(map(signed, gaps))
    where = {0: "outside", len(gaps): "inside"}.get(inside, "partly inside")
    said += [f"{what.split(' (')[0].capitalize()}: {found.verdict}; the published"]
    said[-1] += f" {both} points of {found.score} lie {where} our interval."
shown = sum(findings[name].verdict == "shown" for name in ASKED)
many = f"{shown or 'None'} of the {len(ASKED)} claims {'is' if shown < 2 else 'are'}"
waits = not all(findings[name].complete for name in ASKED)
print(f"{many} shown (in the sense of chapter 5){' so far' * waits}.", *said, sep="\n")
answers = pd.DataFrame(rows).fillna("-")
answers.set_index("difference")

# %% [markdown]
# Published pairs are rank-1 / mAP; nobody says how far two runs of the same training
# differ. The independent pair of mutual learning is of one of two networks, without a
# local branch or an identity loss, with a weight of 1 for the exchanged distances (A).
# And our people are drawn: a published gain outside our interval is not refuted.
#
# AlignedReID++ published two differences of another kind: *one* network is tested
# rigidly and along the path (by DMLI, its authors' name for the aligned distance). In
# Market-Partial queries are cut to a part of their height: wrong boxes, in our words.
# The table sets ours beside them, all of networks trained in boxes of error 0.4. One
# entry, trained rigidly and tested in such boxes, answers a claim declared beforehand;
# the others have no verdict. (The claim about bad boxes in chapter 8 also *trains* in
# bad ones.)

# %% tags=["machinery"]
TESTS, WAYS = {"Market1501": 0.4, "Market-Partial": 1}, ("aligned", "unaligned")
columns, later = {}, table.loc[reported.LATER]
for data, error in TESTS.items():
    names = [f"local {way}" for way in ("aligned (DMLI)", "unaligned")]
    path, rigid = (later.loc[(data, name), SCORES].astype(float) for name in names)
    cells = {"published": told(path - rigid)}
    for trained, how in zip(WAYS, ("along the path", "rigidly"), strict=True):
        name, added = f"{trained}-box0.4", []
        terms = [f"{name}:{way}@box{error}" for way in WAYS]
        for line in records.lines("drawn-main").values():
            if line["variant"] == name:
                ends = [[claims.scores(line, t, s) for s in SCORES] for t in terms]
                added.append(np.subtract(*ends))
        mean = f"{told(np.mean(added, 0))} ({len(added)} networks)" if added else "-"
        cells[f"ours, trained {how}"] = mean
    columns[f"{data}; ours, boxes of error {error}"] = cells
found, gap = findings["testing"], findings["testing"].difference
print(f"The declared claim, that {found.claim.says}, is {found.verdict}", end="")
print(
    f": {signed(gap.mean)} {found.score} ({signed(gap.low)} to {signed(gap.high)})."
    if gap
    else "."
)
pd.DataFrame(columns)

# %% [markdown]
# In every row the path at the test is worth most where boxes are worst. How much depends
# on the training: a network that was trained along the path has never learnt to be
# compared rigidly. So these numbers say what the path repairs in one network, and not
# what the method is worth. For that both sides must be trained as they are tested, which
# chapter 5 does and chapter 8 judges.

# %% [markdown]
# ## Take-away
#
# Re-ranking describes a picture by the pictures that agree with it. It lifts mAP without
# any training, by less where a person has fewer pictures than the method expects, and it
# can lower rank-1. A score belongs to its protocol: kind of AP, junk, lost queries, ties
# and the size of the gallery each move it. Compare differences within one protocol;
# between protocols, data sets or amounts of training data, compare no scores.

# %% [markdown]
# **Exercises**, from easy to hard.
# 1. Set `LAMBDA` to 0 and to 1. What is left of the ranking in each case?
# 2. Give the single-shot protocol 10 draws, as some codes do. How far apart are two
#    such means, at worst?
# 3. Which of the first answers does re-ranking lose, and whom does it put there?
# 4. Re-rank without the other queries: call `k_reciprocal` for one query at a time. How
#    much of the gain was theirs?
#
# <details><summary>Answers</summary>
#
# (1) At 1 the order by distance, untouched; at 0 company alone, with the whole rest of
# the gallery tied at $d^* = 1$. (2) The standard error of a mean of 10 draws is the
# spread of the histogram over $\sqrt{10}$; two of them differ by up to four of those.
# (3) Mask what the protocol leaves out, then compare the first places of `plain` and
# `after`: nearly all that are lost go to the person's look-alike, whose pictures keep
# the same company. (4) Loop over the queries: what is missing from the gain in mAP then
# was theirs.
#
# </details>

# %% [markdown]
# ## Check yourself
#
# Every answer is checked at once. A function is tried on inputs that it has not seen,
# and you are told which property fails; in a question, each option has its reason.
# `make exercises` writes this chapter with blanks in place of the answers below.

# %%
from reprolib.book.checks import ask, choose

ask("two-kinds-of-ap")

# %% tags=["solution"]
choose("two-kinds-of-ap", "c")

# %% [markdown]
# **Company.** How little company do two pictures share? Write $d_J$ of their weights.


# %% tags=["solution"]
def little_shared(v, w):
    """d_J of two pictures; v, w: (N,), the weights of their neighbours."""
    return 1 - np.minimum(v, w).sum() / np.maximum(v, w).sum()


# %%
check("company", little_shared)

# %%
ask("rank1-falls")

# %% tags=["solution"]
choose("rank1-falls", "a")

# %% [markdown]
# **Reciprocity.** Which pairs of pictures are among each other's $k$ nearest? A picture
# is its own nearest.


# %% tags=["solution"]
def friends(d, k):
    """(N, N) of True where both are among the other's k nearest; d: (N, N)."""
    near = np.argsort(d, axis=1)[:, : k + 1]
    inside = np.zeros(d.shape, bool)
    np.put_along_axis(inside, near, True, axis=1)
    return inside & inside.T


# %%
check("reciprocal", friends)

# %% [markdown]
# **One picture a person.** A gallery holds one picture of every person, drawn by chance.
# How likely does a match at a given distance come first?


# %% tags=["solution"]
def first_place(match, others):
    """The chance that a match leads; others: for each person (G,) distances."""
    return np.prod([np.mean(pictures > match) for pictures in others])


# %%
check("one-draw", first_place)

# %%
results = {
    "reranking_gain": main["mAP"].to_numpy(),
    "reranking_gain_rank1": main["rank1"].to_numpy(),
    "k1": by_k1.rename(columns=str).to_dict(),
    "protocols": rules.join(change.add_prefix("change_")).to_dict("index"),
    "questions": answers.to_dict("records"),
}
run.write(results)
print(run.provenance())
