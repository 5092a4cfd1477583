"""Promises of the source `nextcloud_files`: every file once, with few requests and little memory."""

import gc
import io
import tracemalloc
from typing import Any

import openpyxl
import pytest
from pydantic import ValidationError

from ex_app.kinds.sources.nextcloud_files import NextcloudFilesSource
from openconnector.errors import ConfigurationError, CredentialsRejected, MalformedAnswer
from openconnector.records import Page
from tests.fakes.native import reach_to
from tests.fakes.nextcloud import FakeNextcloud


async def read(nextcloud: FakeNextcloud, cursor=None, **fields) -> list[Page]:
    source = NextcloudFilesSource(**fields)
    reach = reach_to(nextcloud, "alice", memory=NOTHING)
    return [page async for page in source.read(reach, cursor)]


class Nothing:
    """Remembers nothing."""

    async def recall(self, wanted):
        return {}


NOTHING = Nothing()


def records(pages: list[Page]) -> list[Any]:
    return [record for page in pages for record in page.records]


def asked(nextcloud: FakeNextcloud) -> list[str]:
    return [f"{call.method} {call.path}" for call in nextcloud.calls]


async def test_a_file_comes_with_what_nextcloud_knows_of_it(nextcloud):
    files = nextcloud.files
    node = files.put("alice/Reports/Jaar ü+&d.csv", "a,b\n")
    node.tags.add(files.tag("geheim & <b>"))
    files.shares.append(
        {"id": "4", "share_type": 0, "share_with": "bob", "item_source": node.fileid}
    )

    [record] = records(await read(nextcloud))

    assert record | {"modified": None} == {
        "id": node.fileid,
        "path": "/Reports/Jaar ü+&d.csv",
        "folder": "/Reports",
        "name": "Jaar ü+&d.csv",
        "type": "file",
        "etag": node.etag,
        "modified": None,
        "created": None,
        "uploaded": "2026-11-23T18:41:40+00:00",
        "size": 4,
        "mimetype": "text/csv",
        "permissions": "RGDNVW",
        "owner": "alice",
        "ownerName": "alice",
        "mount": None,
        "isFavorite": False,
        "tags": ["geheim & <b>"],
        "sharedAs": ["user"],
        "sharedWith": [{"id": "bob", "name": "bob", "type": "user"}],
    }
    assert record["modified"].startswith("2026-11-23T18:41:4")


async def test_every_folder_costs_one_request_and_every_file_comes_once(nextcloud):
    for folder in range(5):
        for number in range(20):
            nextcloud.files.put(f"alice/f{folder}/sub/{number}.txt", "x")

    pages = await read(nextcloud, page_size=8)

    paths = [record["path"] for record in records(pages)]
    assert paths == sorted(paths)
    assert len(set(paths)) == 100
    assert len(nextcloud.calls) == 1 + 11 + 1  # the version before, 11 folders, the version after
    assert [page.is_end for page in pages] == [False] * (len(pages) - 1) + [True]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ["/a.txt", "/b/c.csv", "/b/d/E.CSV"]),
        ({"folder": "/b/"}, ["/b/c.csv", "/b/d/E.CSV"]),
        ({"pattern": "*.csv"}, ["/b/c.csv", "/b/d/E.CSV"]),
        ({"is_recursive": False}, ["/a.txt"]),
        ({"types": "folders"}, ["/b", "/b/d"]),
        ({"types": "both", "folder": "b"}, ["/b/c.csv", "/b/d", "/b/d/E.CSV"]),
    ],
)
async def test_what_is_read_can_be_chosen(nextcloud, fields, expected):
    for path in ("a.txt", "b/c.csv", "b/d/E.CSV"):
        nextcloud.files.put(f"alice/{path}", "x")

    assert sorted(record["path"] for record in records(await read(nextcloud, **fields))) == expected


async def test_a_read_goes_on_where_it_was_interrupted(nextcloud):
    for path in ("a.txt", "b/1", "b/2", "b/3", "b/x/1", "c/1", "c/2", "z"):
        nextcloud.files.put(f"alice/{path}", "x")
    whole = await read(nextcloud, page_size=2)

    for done in range(1, len(whole)):
        rest = await read(nextcloud, whole[done - 1].cursor, page_size=2)
        assert records(rest) == records(whole[done:])
        assert rest[-1].is_end


async def test_a_file_that_moves_while_folders_are_read_lets_nothing_be_deleted(nextcloud):
    nextcloud.files.put("alice/a/1", "x")
    nextcloud.files.put("alice/z/1", "x")
    files = nextcloud.files

    def move() -> None:
        files.homes["alice"].children["a"].children["2"] = files.remove("alice/z/1")
        files._changed("alice/a")

    files.before["PROPFIND alice/z"] = move

    pages = await read(nextcloud)

    assert [record["path"] for record in records(pages)] == ["/a/1"]
    assert not pages[-1].is_end
    assert "moved past" in (pages[-1].incomplete or "")


async def test_a_file_that_moves_while_a_read_is_interrupted_lets_nothing_be_deleted(nextcloud):
    nextcloud.files.put("alice/a/1", "x")
    nextcloud.files.put("alice/z/1", "x")
    pages = await read(nextcloud)
    after_a = next(page.cursor for page in pages if page.records)
    moved = nextcloud.files.remove("alice/z/1")
    nextcloud.files.find("alice/a").children["2"] = moved
    nextcloud.files._changed("alice/a")

    rest = await read(nextcloud, after_a)

    assert records(rest) == []
    assert not rest[-1].is_end
    assert "moved past" in (rest[-1].incomplete or "")


async def test_a_folder_that_is_not_there_is_named(nextcloud):
    with pytest.raises(ConfigurationError, match="no folder 'nope'"):
        await read(nextcloud, folder="nope")


@pytest.mark.parametrize("folder", ["../bob", "a/../../b", "a/./b", "a\nb", "a\0b"])
def test_a_path_that_leads_elsewhere_is_refused(folder):
    with pytest.raises(ValidationError):
        NextcloudFilesSource(folder=folder)


async def test_a_folder_that_may_not_be_listed_is_stated_and_the_others_come(nextcloud):
    nextcloud.files.put("alice/a/1", "x")
    nextcloud.files.put("alice/b/2", "x")
    nextcloud.files.hidden.add("alice/a")

    pages = await read(nextcloud)

    assert [record["path"] for record in records(pages)] == ["/b/2"]
    assert not pages[-1].is_end
    assert "'a': Access denied" in (pages[-1].incomplete or "")


async def test_an_account_that_is_disabled_ends_the_read(nextcloud):
    nextcloud.accounts.disabled.add("alice")

    with pytest.raises(CredentialsRejected, match="alice"):
        await read(nextcloud)


async def test_a_login_page_in_between_is_no_empty_folder(nextcloud):
    nextcloud.failures.append(200)

    with pytest.raises(MalformedAnswer, match="login page"):
        await read(nextcloud)


@pytest.mark.slow
@pytest.mark.parametrize("per_folder", [20, 10_000], ids=["many folders", "one folder"])
async def test_memory_does_not_grow_with_the_number_of_files(nextcloud, per_folder):
    async def held(pages: int) -> int:
        for number in range(pages * 20):
            nextcloud.files.put(f"alice/{number // per_folder:03}/{number}.txt", "x")
        source, count, most = NextcloudFilesSource(page_size=20), 0, 0
        tracemalloc.start()
        async for page in source.read(reach_to(nextcloud, "alice", memory=NOTHING)):
            count += len(page.records)
            gc.collect()  # what is held counts; how much waits to be thrown away is a matter of moments
            most = max(most, tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        assert count == pages * 20
        return most

    await held(1)
    few, many = await held(4), await held(10)

    # The double keeps a little of each call, and we the names; 120 entries would take several times more than that.
    assert many < few * 2


# What is in the files


async def contents(nextcloud: FakeNextcloud, **fields) -> list[Page]:
    return await read(nextcloud, reads="content", **fields)


def sheet(*rows) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


async def test_the_records_of_every_format_come(nextcloud):
    put = nextcloud.files.put
    put("alice/1.csv", "id;n\n1;a\n")
    put("alice/2.XLSX", sheet(("id", "n"), (2, "b")))
    put("alice/3.json", '{"items": [{"id": 3, "n": "c"}]}')
    put("alice/4.jsonl", '{"id": 4, "n": "d"}\n')
    put("alice/5.txt", "no records")
    put("alice/6.csv", "")

    pages = await contents(nextcloud)

    assert records(pages) == [
        {"id": "1", "n": "a"},
        {"id": 2, "n": "b"},
        {"id": 3, "n": "c"},
        {"id": 4, "n": "d"},
    ]
    assert pages[-1].is_end


async def test_a_record_can_say_where_it_came_from(nextcloud):
    node = nextcloud.files.put("alice/in/a.csv", "n\nx\ny\n")

    found = records(await contents(nextcloud, file_field="_file", page_size=1))

    assert [record["_file"] for record in found] == [
        {"path": "/in/a.csv", "name": "a.csv", "id": node.fileid, "row": row, "key": f"{node.fileid}-{row}"}
        for row in (1, 2)
    ]  # fmt: skip


async def test_a_chosen_decoder_reads_every_file(nextcloud):
    nextcloud.files.put("alice/export.txt", "n|m\n1|2\n")

    found = records(await contents(nextcloud, decoder={"kind": "csv", "delimiter": "|"}))

    assert found == [{"n": "1", "m": "2"}]


async def test_a_broken_file_is_stated_and_the_others_come(nextcloud):
    put = nextcloud.files.put
    put("alice/a.jsonl", '{"id": 1}\n{broken\n')
    put("alice/b.xlsx", b"no workbook")
    put("alice/c.jsonl", '{"id": 3}\n')

    pages = await contents(nextcloud, page_size=1)

    assert records(pages) == [{"id": 3}]
    assert not pages[-1].is_end
    assert "/a.jsonl could not be read: Line 2" in (pages[-1].incomplete or "")
    assert "/b.xlsx could not be read" in (pages[-1].incomplete or "")


async def test_a_file_that_is_too_large_or_locked_is_stated(nextcloud):
    nextcloud.files.put("alice/a.csv", "n\n" + "1\n" * 600)
    nextcloud.files.put("alice/b.csv", "n\n1\n")
    nextcloud.files.locked.add("alice/b.csv")

    pages = await contents(nextcloud, max_file_bytes=1000)

    assert records(pages) == []
    assert "maxFileBytes" in (pages[-1].incomplete or "")
    assert "locked" in (pages[-1].incomplete or "")


async def test_a_file_that_changes_before_it_is_fetched_is_read_as_it_is_then(nextcloud):
    nextcloud.files.put("alice/a.csv", "n\nold\n")
    nextcloud.files.before["GET alice/a.csv"] = lambda: nextcloud.files.put(
        "alice/a.csv", "n\nnew\n"
    )

    pages = await contents(nextcloud)

    assert records(pages) == [{"n": "new"}]
    etag = nextcloud.files.find("alice/a.csv").etag
    assert [page.part and page.part.version for page in pages if page.records] == [f"{etag} a.csv"]


async def test_a_file_that_is_deleted_before_it_is_fetched_has_no_records(nextcloud):
    nextcloud.files.put("alice/a.csv", "n\n1\n")
    nextcloud.files.put("alice/b.csv", "n\n2\n")
    nextcloud.files.before["GET alice/a.csv"] = lambda: nextcloud.files.remove("alice/a.csv")

    assert records(await contents(nextcloud)) == [{"n": "2"}]


async def test_a_read_of_contents_goes_on_where_it_was_interrupted(nextcloud):
    for path in ("a.csv", "b/1.csv", "b/2.csv", "c/3.csv"):
        rows = "".join(f"{path}{number}\n" for number in range(5))
        nextcloud.files.put(f"alice/{path}", f"n\n{rows}")
    whole = await contents(nextcloud, page_size=2, file_field="f")

    for done in range(1, len(whole)):
        rest = await contents(nextcloud, page_size=2, file_field="f", cursor=whole[done - 1].cursor)
        assert records(rest) == records(whole[done:])
        assert rest[-1].is_end


async def test_a_file_that_changed_while_the_run_was_interrupted_is_left_for_the_next(nextcloud):
    nextcloud.files.put("alice/a.csv", "n\n1\n2\n3\n")
    [first, *_] = await contents(nextcloud, page_size=1)
    nextcloud.files.put("alice/a.csv", "n\n0\n1\n2\n3\n")

    rest = await contents(nextcloud, page_size=1, cursor=first.cursor)

    assert records(rest) == []
    assert "changed while the run was interrupted" in (rest[-1].incomplete or "")


@pytest.mark.slow
async def test_memory_does_not_grow_with_the_size_of_a_file(nextcloud):
    nextcloud.files.put("alice/a.csv", "id,name\n" + "".join(f"{n},Ada\n" for n in range(20_000)))
    source = NextcloudFilesSource(reads="content")
    tracemalloc.start()

    count = 0
    async for page in source.read(reach_to(nextcloud, "alice", memory=NOTHING)):
        count += len(page.records)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 20_000
    assert peak < 4 * 1024 * 1024  # the records alone are more than 6 MB
