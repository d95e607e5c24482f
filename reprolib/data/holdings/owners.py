"""Who owns each data set of photographs: where to ask, on what terms, whom to cite.

Only VIPeR lies at a plain address of its owner's university; the others are behind a
form, a letter or a drive that wants a browser. DukeMTMC is left out: its owners
withdrew it in 2019. The pages in notebooks/data_sets say more.
"""

from dataclasses import dataclass
from pathlib import Path

from reprolib.data.readers import cuhk03, market1501, viper
from reprolib.errors import ReproError

MATRIX = "cuhk-03.mat"
PROTOCOL = tuple(cuhk03.config_path(Path(), boxes).name for boxes in cuhk03.FOLDERS)
MARS_LISTS = (
    "train_name.txt",
    "test_name.txt",
    "tracks_train_info.mat",
    "tracks_test_info.mat",
    "query_IDX.mat",
)

RESEARCH = (
    "Photographs of real people, for academic research only: no commercial use, no "
    "passing on, and none of them on a public page beyond what the owner allows. The "
    "owner's own words count, not this summary."
)


@dataclass(frozen=True)
class Owner:
    """One data set as its owner hands it out.

    `archives` lists what comes together in one archive, a group an archive; `checksum`
    is `algorithm:digits` of the file at `address`, None where nobody has published it.
    """

    title: str
    page: str
    ask: str
    terms: str
    citation: str
    archives: tuple[tuple[str, ...], ...]
    address: str | None = None
    checksum: str | None = None


OWNERS = {
    "market1501": Owner(
        title="Market-1501",
        page="https://zheng-lab.cecs.anu.edu.au/Project/project_reid.html",
        ask="The page links to drives that want a browser; the 500,000 distractors are "
        "an archive of their own.",
        terms=RESEARCH,
        citation="L. Zheng, L. Shen, L. Tian, S. Wang, J. Wang, Q. Tian: Scalable "
        "Person Re-identification: A Benchmark. ICCV 2015.",
        archives=(tuple(market1501.FOLDERS.values()), (market1501.MORE_DISTRACTORS,)),
    ),
    "cuhk03": Owner(
        title="CUHK03",
        page="https://www.ee.cuhk.edu.hk/~xgwang/CUHK_identification.html",
        ask="The page links to the form and the drive. The two files of the new "
        "protocol, cuhk03_new_protocol_config_*.mat, are in evaluation/data/CUHK03 of "
        "https://github.com/zhunzhong07/person-re-ranking.",
        terms=RESEARCH + " Its people are students of the university: respect their "
        "privacy and its rules.",
        citation="W. Li, R. Zhao, T. Xiao, X. Wang: DeepReID: Deep Filter Pairing "
        "Neural Network for Person Re-identification. CVPR 2014.",
        archives=((MATRIX,), PROTOCOL),
    ),
    "mars": Owner(
        title="MARS",
        page="https://zheng-lab.cecs.anu.edu.au/Project/project_mars.html",
        ask="The page links to drives that want a browser, one archive a folder. The "
        "lists in info are in https://github.com/liangzheng06/MARS-evaluation.",
        terms=RESEARCH,
        citation="L. Zheng, Z. Bie, Y. Sun, J. Wang, C. Su, S. Wang, Q. Tian: MARS: A "
        "Video Benchmark for Large-Scale Person Re-identification. ECCV 2016.",
        archives=(("bbox_train",), ("bbox_test",), ("info",)),
    ),
    "cuhk-sysu": Owner(
        title="CUHK-SYSU",
        page="https://github.com/ShuangLI59/person_search",
        ask="The page says whom to write to, from the address of a university.",
        terms=RESEARCH,
        citation="T. Xiao, S. Li, B. Wang, L. Lin, X. Wang: Joint Detection and "
        "Identification Feature Learning for Person Search. CVPR 2017.",
        archives=(("annotation", "Image/SSM"),),
    ),
    "viper": Owner(
        title="VIPeR",
        page="https://vision.soe.ucsc.edu/node/178",
        ask="The page is often out of reach; so is the archive.",
        terms="The owner asks to cite the paper and states no licence; take it as: "
        + RESEARCH,
        citation="D. Gray, S. Brennan, H. Tao: Evaluating Appearance Models for "
        "Recognition, Reacquisition, and Tracking. PETS 2007.",
        archives=(tuple(viper.CAMERAS),),
        address="https://users.soe.ucsc.edu/~manduchi/VIPeR.v1.0.zip",
        # Published by the code of open-reid, not by the owner.
        checksum="md5:1c2d9fc1cc800332567a0da25a1ce68c",
    ),
}

# What a reader opens, by name or else by family, once the archives are prepared.
PARTS = {
    "market1501": tuple(market1501.FOLDERS.values()),
    "market1501-500k": (*market1501.FOLDERS.values(), market1501.MORE_DISTRACTORS),
    "cuhk03": (*cuhk03.FOLDERS.values(), cuhk03.SPLITS, *PROTOCOL),
    "mars": ("bbox_train", "bbox_test", *(f"info/{name}" for name in MARS_LISTS)),
    "cuhk-sysu": (
        "annotation/test/train_test",
        "crops.csv",
        "train",
        "query",
        "gallery",
    ),
    "viper": tuple(viper.CAMERAS),
}
for boxes, folder in cuhk03.FOLDERS.items():
    config = cuhk03.config_path(Path(), boxes).name
    PARTS[f"cuhk03-new-{boxes}"] = (folder, config)
    PARTS[f"cuhk03-classic-{boxes}"] = (folder, cuhk03.SPLITS)
    PARTS[f"cuhk03-paper-{boxes}"] = (folder,)


def parts(name: str, family: str) -> tuple[str, ...]:
    """The files and folders that the data set `name` is read from."""
    return PARTS.get(name) or PARTS[family]


def owner(family: str) -> Owner:
    """The owner of the data set `family`, or `ReproError` with the families."""
    if family not in OWNERS:
        raise ReproError(
            f"no owner of a data set {family!r} is on record; expected one of "
            f"{', '.join(OWNERS)}."
        )
    return OWNERS[family]


def described(found: Owner) -> str:
    """The terms, the citation and where to ask, for a reader who decides."""
    return (
        f"{found.title}\n  page:     {found.page}\n  ask:      {found.ask}\n"
        f"  terms:    {found.terms}\n  citation: {found.citation}"
    )
