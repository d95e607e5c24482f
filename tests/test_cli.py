"""The command line: exit status, and one clear sentence for what is wrong."""

import io
import os
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import book
import nbformat
import pytest
from PIL import Image

from reprolib.book import cli, execute
from reprolib.book.run import open_run
from reprolib.study.store import Store


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = book.project(tmp_path)
    book.chapter(folder, "00_start")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("run 9", "no chapter '9'"),
        ("run 0 --profile fast", "unknown profile 'fast'"),
        ("run 0 -p stepz 3", "unknown parameter 'stepz'"),
        ("run 0 --dataset nothing", "nothing"),
        ("train aligned --profile smoke", "unknown variant 'aligned'"),
        (
            "train aligned-box1 --profile smoke -p margin -1",
            "margin = -1.0: expected at least 0",
        ),
        ("train aligned-box1 --dataset ../viper", "unknown data set '../viper'"),
        ("prepare --dataset viper --profile smoke", "data_root"),
        ("prepare --dataset viper --data-root /nowhere --profile smoke", "/nowhere"),
        ("table", "make reproduce"),
        ("table --profile fast", "unknown profile"),
        ("check", "00_start"),
        ("publish", "00_start"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_status_1(project, capsys, words, named):
    assert cli.main(words.split()) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ")
    assert named in error


def test_as_a_program_it_exits_with_the_status(project):
    command = [sys.executable, "-m", "reprolib", "table"]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_run_check_table_publish_sync(project, capsys):
    assert cli.main(["run", "0"]) == 0
    assert cli.main(["check", "-p", "steps", "5"]) == 1  # of other settings
    assert "00_start.ipynb: missing" in capsys.readouterr().err
    assert cli.main(["check"]) == 0
    assert "00_start: 3 code cells ran in order" in capsys.readouterr().out
    assert cli.main(["table"]) == 0
    out = capsys.readouterr().out
    assert f"{project}/runs/drawn-quick/NN_name/NN_name.ipynb" in out
    assert f"{project}/runs/models/" in out
    assert cli.main(["sync"]) == 0
    assert (project / "notebooks" / "00_start.ipynb").exists()
    book.record(project / "notebooks", "drawn-main")
    assert cli.main(["publish"]) == 0
    assert (project / "figures" / "manifest.json").exists()
    text = (project / "README.md").read_text()
    assert "| aligned, local distance | 31.5 ± 0.7" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--profile fast", "unknown profile 'fast'; expected one of smoke, quick,"),
        ("--dataset viper", "the data set viper needs data_root, the folder it was"),
        ("--dataset viper --data-root /nowhere", "/nowhere"),
        ("--dataset duke", "unknown data set 'duke'; expected one of drawn,"),
        ("--cores 0", "CORES = 0: expected a number from 1."),
        ("--cores=-2", "CORES = -2: expected a number from 1."),
        ("--cores two", "CORES = two: expected a number from 1."),
        ("-p margin -1", "margin = -1.0: expected at least 0."),
        ("-p stepz 3", "unknown parameter 'stepz'"),
    ],
)
def test_ready_refuses_in_one_sentence_what_would_fail_later(
    project, capsys, words, said
):
    assert cli.main(["ready", *words.split()]) == 1
    out = capsys.readouterr()
    assert out.out == ""
    (line,) = out.err.splitlines()
    assert line.startswith("error: ") and said in line
    assert not (project / "runs").exists()


def test_ready_says_nothing_where_all_is_well_and_makes_nothing(project, capsys):
    before = sorted(project.rglob("*"))
    assert cli.main(["ready", "--profile", "smoke", "--cores", "2"]) == 0
    assert capsys.readouterr() == ("", "")
    assert sorted(project.rglob("*")) == before


def test_a_training_finds_folders_where_a_chapter_does(project, monkeypatch):
    """A chapter knows them whole, and decoded pictures are kept by their path."""
    seen = []
    monkeypatch.setattr(Store, "folder", lambda *_: "somewhere")
    monkeypatch.setattr(Store, "scores", lambda store, *_: seen.append(store))
    monkeypatch.setattr(Store, "model", lambda *_: {"seconds": 1.0})
    words = "train aligned-box0 --dataset viper --data-root photos --runs there"
    assert cli.main(words.split()) == 0
    assert seen[0].data_root == str(project / "photos")
    assert (seen[0].root, seen[0].profile) == (project / "there", "quick")
    assert cli.main(["train", "aligned-box0", "--dataset", "viper"]) == 0
    assert (seen[1].data_root, seen[1].root) == ("", project / "runs")


def test_a_training_beside_the_usual_one_leaves_it_as_it_was(project, capsys):
    """README's own example, `-p steps 30`, once spoiled a later run of the profile."""
    train = ["train", "mutual-box1", "--profile", "smoke"]
    assert cli.main(train) == 0
    usual = Path(capsys.readouterr().out.strip())
    before = {p: p.read_bytes() for p in (project / "runs" / "models").rglob("*.*")}
    for changed in (("class_mutual_weight", "1.0"), ("steps", "30")):
        assert cli.main([*train, "-p", *changed]) == 0
        other = Path(capsys.readouterr().out.strip())
        assert other != usual and other.parent == usual.parent
    assert len(list(usual.parent.iterdir())) == 3
    assert (
        before.items() < {p: p.read_bytes() for p in usual.parent.rglob("*.*")}.items()
    )
    assert cli.main(train) == 0
    assert Path(capsys.readouterr().out.strip()) == usual
    assert before == {p: p.read_bytes() for p in before}


def test_nothing_is_made_for_a_data_set_that_is_unknown(project):
    before = sorted(project.rglob("*"))
    assert cli.main(["prepare", "--dataset", "elsewhere"]) == 1
    assert sorted(project.rglob("*")) == before


def test_a_missing_argument_is_status_2(project):
    with pytest.raises(SystemExit) as error:
        cli.main([])
    assert error.value.code == 2


def test_table_reads_only_whole_records(project, capsys):
    run = open_run("05_ablations", "smoke")
    run.folder.mkdir(parents=True)
    (run.folder / "results.json").write_text("{}")
    assert cli.main(["table", "--profile", "smoke"]) == 1
    assert "results.json" in capsys.readouterr().err


@pytest.fixture
def viper(project):
    """VIPeR in miniature as its owner packs it."""
    path = project / "VIPeR.v1.0.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in (f"cam_{c}/{n:03d}_0.bmp" for c in "ab" for n in range(4)):
            Image.new("RGB", (4, 8)).save(project / "picture.bmp")
            archive.write(project / "picture.bmp", f"VIPeR/{name}")
    return path


def test_data_prepare_and_check(viper, capsys):
    assert cli.main(["data", "prepare", "viper", str(viper), "photos"]) == 0
    out = capsys.readouterr().out
    assert "8 files unpacked" in out
    assert "next: python -m reprolib data check viper photos" in out
    assert cli.main(["data", "check", "viper", "photos"]) == 0
    out = capsys.readouterr().out
    assert "Pictures: 8 decoded, 0 unreadable." in out


def test_the_next_command_can_be_typed(viper, project, capsys):
    assert cli.main(["data", "prepare", "viper", str(viper), "my photos"]) == 0
    line = capsys.readouterr().out.splitlines()[-1]
    words = shlex.split(line.removeprefix("next: python -m reprolib "))
    assert words == ["data", "check", "viper", "my photos"]
    assert cli.main(words) == 0


def test_data_check_lists_what_is_wrong(viper, project, capsys):
    cli.main(["data", "prepare", "viper", str(viper), "photos"])
    for number in (1, 3):
        (project / "photos" / "cam_b" / f"00{number}_0.bmp").write_bytes(b"BM")
    assert cli.main(["data", "check", "viper", "photos"]) == 1
    said = capsys.readouterr()
    assert "problem 1: photos/cam_b/001_0.bmp cannot be read" in said.out
    assert "problem 2: photos/cam_b/003_0.bmp cannot be read" in said.out
    error = said.err.splitlines()[-1]
    assert error.startswith("error: photos: 2 problems with viper, the first: ")


def test_data_check_of_joined_sets_looks_into_their_folders(viper, project, capsys):
    cli.main(["data", "prepare", "viper", str(viper), "photos/viper"])
    assert cli.main(["data", "check", "viper+market1501", "photos"]) == 1
    said = capsys.readouterr()
    assert "viper in photos/viper" in said.out
    assert "market1501 in photos/market1501" in said.out
    assert "market1501: nobody is known to be in viper as well." in said.out
    assert "photos/market1501/query is missing" in said.out


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("data check nothing photos", "unknown data set 'nothing'"),
        ("data check drawn photos", "drawn people need no check"),
        ("data check viper nowhere", "nowhere/cam_a is missing"),
        ("data prepare viper nothing.zip photos", "nothing.zip"),
        ("data prepare nothing VIPeR.v1.0.zip photos", "'nothing' is no data set"),
        ("data prepare mars VIPeR.v1.0.zip photos", "not an archive of this data set"),
        ("data prepare viper VIPeR.v1.0.zip photos --sha256 12", "'12' is no SHA-256"),
        ("data download mars photos --yes-to-terms", "at no plain address; ask at"),
        ("data download viper photos", "terms of VIPeR were not accepted"),
    ],
)
def test_data_says_what_is_wrong(viper, project, capsys, monkeypatch, words, named):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert cli.main(words.split()) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ") and named in error
    assert len(error.splitlines()) == 1
    assert not (project / "photos").exists()


@pytest.mark.parametrize(("answer", "status"), [("yes", 0), ("Y ", 0), ("no", 1)])
def test_data_download_asks_first(project, capsys, monkeypatch, answer, status):
    from reprolib.data.acquire import download

    fetched = project / "photos.zip"
    fetched.write_bytes(b"archive")
    monkeypatch.setattr(download, "_fetch", lambda owner, root: fetched)
    monkeypatch.setattr("sys.stdin", io.StringIO(answer + "\n"))
    assert cli.main(["data", "download", "viper", "photos"]) == status
    out = capsys.readouterr().out
    assert "PETS 2007" in out and "Do you accept these terms?" in out
    assert ("next: python -m reprolib data prepare viper" in out) == (status == 0)


def test_data_download_in_a_batch_is_not_asked(project, capsys, monkeypatch):
    from reprolib.data.acquire import download

    fetched = project / "photos.zip"
    fetched.write_bytes(b"archive")
    monkeypatch.setattr(download, "_fetch", lambda owner, root: fetched)
    monkeypatch.setattr("builtins.input", lambda question: pytest.fail("asked"))
    assert cli.main(["data", "download", "viper", "photos", "--yes-to-terms"]) == 0
    assert "academic research only" in capsys.readouterr().out


def test_sizes_count_words_cells_and_lines(capsys, monkeypatch):
    new = nbformat.v4
    cells = [
        new.new_markdown_cell("# A title\n\nfour words of prose"),
        new.new_code_cell("a = 1"),
        new.new_markdown_cell("one more"),
        *(new.new_code_cell("\n".join("b" * lines)) for lines in (4, 2, 9)),
        new.new_code_cell("c\n" * 30, metadata={"tags": ["machinery"]}),
        new.new_markdown_cell("## Last"),
        new.new_code_cell("d = 1"),
    ]
    monkeypatch.setattr(execute, "chapters", lambda: ["00_start"])
    monkeypatch.setattr(execute, "source", lambda name: name)
    monkeypatch.setattr(execute, "load", lambda _: new.new_notebook(cells=cells))
    assert cli.main(["sizes"]) == 0
    row = capsys.readouterr().out.splitlines()[1]
    # Eleven words (marks of titles count); nine cells, two of them exercises, six of
    # code, of which five are open: 1, 4, 2, 9 and 1 lines.
    assert row.split() == ["00_start", "11", "9", "2", "6", "5", "2", "9"]
