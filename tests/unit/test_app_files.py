"""Files are read and written whole, and every failure is one clear message."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from voltloop.app.files import new_folder, read_bytes, refuse_over, write_bytes
from voltloop.errors import InputError


def test_a_missing_file_names_its_neighbour(tmp_path: Path) -> None:
    """A typo in a file name is the commonest mistake; the message offers the right name."""
    (tmp_path / "returns.csv").write_text("x")
    with pytest.raises(InputError, match=r"no such file.*returns\.csv") as caught:
        read_bytes(tmp_path / "retruns.csv")
    assert caught.value.code == "no-such-file"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """Naming the folder instead of the file says so."""
    with pytest.raises(InputError, match="folder"):
        read_bytes(tmp_path)


def test_a_failed_folder_leaves_nothing(tmp_path: Path) -> None:
    """A plan folder is there whole or not at all."""

    def fill(draft: Path) -> None:
        (draft / "half.txt").write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(InputError, match="disk is full"):
        new_folder(tmp_path / "plan", fill)
    assert list(tmp_path.iterdir()) == []


def test_a_foreign_folder_is_never_replaced(tmp_path: Path) -> None:
    """Even when asked to replace, only a folder that holds a plan is."""
    target = tmp_path / "photos"
    target.mkdir()
    (target / "cat.jpg").write_text("cat")
    for replace in (False, True):
        with pytest.raises(InputError, match="voltloop did not write"):
            new_folder(target, lambda _: None, replace=replace)
    assert (target / "cat.jpg").exists()


def test_a_plan_is_replaced_only_on_request(tmp_path: Path) -> None:
    """A second run does not silently overwrite the first."""
    target = tmp_path / "plan"
    new_folder(target, lambda draft: (draft / "summary.json").write_text("1") and None)
    with pytest.raises(InputError, match="--yes"):
        new_folder(target, lambda draft: (draft / "summary.json").write_text("2") and None)
    new_folder(target, lambda draft: (draft / "summary.json").write_text("2") and None, replace=True)
    assert (target / "summary.json").read_text() == "2"


def test_a_device_without_room_says_so() -> None:
    """/dev/full answers every write as a full disk does."""
    if not Path("/dev/full").exists():
        pytest.skip("this machine has no /dev/full to stand for a full disk")
    with pytest.raises(InputError, match="disk is full"):
        write_bytes(Path("/dev/full"), b"x" * 100_000)


def test_writing_into_a_missing_folder_names_it(tmp_path: Path) -> None:
    """The message names the folder that is not there."""
    with pytest.raises(InputError, match="does not exist"):
        write_bytes(tmp_path / "no" / "file.csv", b"x")


def test_an_answer_never_replaces_the_file_that_it_is_made_of(tmp_path: Path) -> None:
    """By whatever name or link the same file is meant; another file may be replaced."""
    source, other, link = tmp_path / "in.csv", tmp_path / "other.csv", tmp_path / "link.csv"
    source.write_text("a")
    other.write_text("b")
    link.symlink_to(source)
    for target in (source, tmp_path / "." / "in.csv", link):
        with pytest.raises(InputError, match="this is the file that is read") as caught:
            refuse_over(target, other, source)
        assert caught.value.code == "output-over-input"
    refuse_over(other, source)
    refuse_over(tmp_path / "new.csv", source)
    refuse_over(None, source)
    refuse_over(other, None, tmp_path / "absent.csv")
