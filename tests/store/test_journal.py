import random
import sqlite3
import subprocess
import sys
import threading
from contextlib import suppress

import pytest
from commands import wait_until

from emg_config import UserError
from emg_feedback.store import archive_file, journal
from emg_feedback.store.archive import Archive
from emg_feedback.store.archive_file import ArchiveError
from emg_feedback.store.history import history
from emg_feedback.store.journal import COMMIT_S, Batch, Journal
from emg_feedback.store.rows import EventRow, PatientRow, SessionRow


class Clock:
    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    monkeypatch.setattr(journal, "ANSWER_S", 60.0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "archive.sqlite"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def batch(path, clock, monkeypatch):
    monkeypatch.setattr(archive_file, "BUSY_S", 0.0)
    with Archive(path) as archive:
        archive.begin_session(session())
        yield Batch(archive, clock)


def session(name="s"):
    return SessionRow(
        id=name, patient=None, started=1.0, board="cyton", sample_rate_hz=250.0,
        channel_names=["Soleus"], software="0.1.0",
    )  # fmt: skip


def event(sample, of="s"):
    return EventRow(session=of, kind="mark", sample=sample, t_unix=2.0, data={"label": "x"})


def adding(sample, of="s"):
    return lambda archive: archive.add(event(sample, of))


def samples(path):
    """What a reader that knows nothing of ours finds, in the order it was written."""
    reader = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    found = [row[0] for row in reader.execute("SELECT sample FROM events ORDER BY number")]
    reader.close()
    return found


class Holder:
    """Another program that holds the archive for writing."""

    def __init__(self, path):
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("BEGIN IMMEDIATE")

    def let_go(self):
        self._connection.close()


# When it is written.


def test_a_batch_is_due_half_a_second_after_its_first_call(batch, clock, path):
    assert batch.wait_s is None
    batch.add(adding(1))
    assert batch.wait_s == pytest.approx(COMMIT_S)
    clock.now_s += 0.4
    batch.add(adding(2))
    assert batch.wait_s == pytest.approx(0.1)  # the second does not put the first off
    assert samples(path) == []
    clock.now_s += 0.2
    assert batch.wait_s == 0.0
    assert batch.write()
    assert batch.wait_s is None
    assert samples(path) == [1, 2]
    clock.now_s += 5.0
    batch.add(adding(3))
    assert batch.wait_s == pytest.approx(COMMIT_S)


def test_many_calls_are_cut_into_transactions(batch, path, monkeypatch):
    monkeypatch.setattr(journal, "MOST_TOGETHER", 7)
    for sample in range(50):
        batch.add(adding(sample))
    assert batch.write()
    assert samples(path) == list(range(50))


# When it cannot be written.


def test_what_a_held_file_does_not_take_waits_and_is_tried_again(batch, clock, path):
    holder = Holder(path)
    for sample in range(3):
        batch.add(adding(sample))
    clock.now_s += 1.0
    for _ in range(3):
        assert not batch.write()
        assert batch.failure == (
            f"{path}: another program holds it: close that, or choose another with --archive"
        )
        assert batch.wait_s == pytest.approx(COMMIT_S)
        assert len(batch) == 3
    batch.add(adding(3))
    holder.let_go()
    assert batch.write()
    assert batch.failure is None
    assert samples(path) == [0, 1, 2, 3]


def test_full_disk(path, clock, monkeypatch):
    connections = []
    connect = sqlite3.connect

    def small_disk(*args, **kwargs):
        connections.append(connect(*args, **kwargs))
        return connections[-1]

    monkeypatch.setattr(sqlite3, "connect", small_disk)
    with Archive(path) as archive:
        archive.begin_session(session())
        disk = connections[-1]
        disk.execute("PRAGMA max_page_count = 40")
        batch = Batch(archive, clock)
        for sample in range(3000):
            batch.add(adding(sample))
        assert not batch.write()
        assert batch.failure == f"{path}: the disk is full: make room on it"
        kept = samples(path)
        assert kept == list(range(len(kept)))
        assert len(kept) + len(batch) == 3000
        assert not batch.write()
        disk.execute("PRAGMA max_page_count = 4000")
        assert batch.write()
        assert batch.failure is None
    assert samples(path) == list(range(3000))


def test_memory_is_bounded_and_what_is_dropped_is_counted(batch, path, monkeypatch):
    monkeypatch.setattr(journal, "MOST_WAITING", 3)
    holder = Holder(path)
    for sample in range(5):
        batch.add(adding(sample))
    assert not batch.write()
    assert batch.failure.endswith("; 2 entries found no more room in memory")
    holder.let_go()
    assert batch.write()
    assert batch.failure == f"{path}: 2 entries were not kept"
    assert samples(path) == [0, 1, 2]


def test_a_bad_entry_costs_no_other(batch, path, capsys):
    batch.add(adding(1))
    batch.add(adding(2, of="nope"))
    batch.add(lambda archive: archive.add(None))
    batch.add(adding(3))
    assert batch.write()
    assert samples(path) == [1, 3]
    assert batch.failure.startswith(f"{path}: an entry was not kept (")
    assert "FOREIGN KEY" in capsys.readouterr().err
    batch.add(adding(4))
    assert batch.write()
    assert samples(path) == [1, 3, 4]
    assert batch.failure  # it is not forgotten


# The thread.


def test_a_question_sees_every_write_before_it(path):
    with Journal(path) as kept:
        kept.write(Archive.begin_session, session())
        for sample in range(500):
            kept.write(Archive.add, event(sample))
        found = kept.ask(Archive.session, "s").result().events
        assert [one.sample for one in found] == list(range(500))
        kept.write(Archive.end_session, "s", ended=9.0, n_samples=5, lost_samples=1)
        assert kept.ask(Archive.sessions).result()[0].state == "complete"
        assert kept.failure is None


def test_close_writes_everything(path):
    kept = Journal(path)
    kept.write(Archive.begin_session, session())
    for sample in range(2500):
        kept.write(Archive.add, event(sample))
    kept.close()
    kept.close()
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert samples(path) == list(range(2500))
    assert kept.failure is None
    assert "journal" not in [thread.name for thread in threading.enumerate()]


def test_it_is_written_without_being_asked(path):
    with Journal(path) as kept:
        kept.write(Archive.begin_session, session())
        kept.write(Archive.add, event(7))
        assert wait_until(lambda: samples(path) == [7])


def test_an_archive_that_cannot_be_opened_is_said_at_once(path):
    path.write_bytes(b"no archive" * 1000)
    with pytest.raises(ArchiveError, match="is not an archive"):
        Journal(path)


def test_a_question_that_is_refused(path):
    with Journal(path) as kept:
        with pytest.raises(UserError, match="no patient is called 'P404'"):
            kept.ask(history, "P404").result()
        kept.ask(Archive.add_patient, PatientRow(id="P1", created=1.0)).result()
        assert [one["id"] for one in kept.ask(Archive.patients).result()] == ["P1"]
        assert kept.failure is None


def test_a_held_file_never_reaches_the_writer(path, monkeypatch):
    monkeypatch.setattr(journal, "BUSY_S", 0.0)
    with Journal(path) as kept:
        kept.ask(Archive.begin_session, session()).result()
        holder = Holder(path)
        for sample in range(100):
            kept.write(Archive.add, event(sample))
        with pytest.raises(ArchiveError, match="another program holds it"):
            kept.ask(Archive.sessions).result()
        assert wait_until(lambda: kept.failure is not None)
        holder.let_go()
        assert wait_until(lambda: kept.failure is None)
        assert samples(path) == list(range(100))


def test_closing_on_a_held_file_says_what_is_lost(path, monkeypatch):
    monkeypatch.setattr(journal, "BUSY_S", 0.0)
    kept = Journal(path)
    kept.ask(Archive.begin_session, session()).result()
    holder = Holder(path)
    for sample in range(3):
        kept.write(Archive.add, event(sample))
    kept.close()
    holder.let_go()
    assert kept.failure.startswith(f"3 entries were not kept: {path}: another program holds it")
    assert samples(path) == []


# Killed.

WRITE_UNTIL_KILLED = """
import sys
from pathlib import Path
from emg_feedback.store.archive import Archive
from emg_feedback.store.journal import Journal
from emg_feedback.store.rows import EventRow, SessionRow
journal = Journal(Path(sys.argv[1]))
journal.write(Archive.begin_session, SessionRow(id="s", patient=None, started=1.0, board="cyton",
              sample_rate_hz=250.0, channel_names=["Soleus"], software="0.1.0"))
sample = 0
while True:
    for _ in range(int(sys.argv[2])):
        journal.write(Archive.add, EventRow(session="s", kind="mark", sample=sample, t_unix=2.0,
                      data={"label": "x" * 200}))
        sample += 1
    journal.write(Archive.progress, "s", sample, 0)
    journal.ask(Archive.patients).result()
    print(sample, flush=True)
"""


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_moment_everything_up_to_the_last_commit_is_there(path, seed):
    moment = random.Random(seed)
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITE_UNTIL_KILLED, str(path), str(moment.choice([3, 40, 700]))],
        stdout=subprocess.PIPE,
    )
    with writer:
        confirmed = 0
        for _ in range(moment.randint(1, 30)):
            confirmed = int(writer.stdout.readline())
        writer.kill()
        confirmed = max([confirmed, *map(int, writer.stdout.read().split())])
    assert confirmed > 0
    found = samples(path)
    assert found == list(range(len(found)))  # none is missing, none is there twice
    assert len(found) >= confirmed
    reader = sqlite3.connect(path)
    assert reader.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert reader.execute("PRAGMA foreign_key_check").fetchall() == []
    reader.close()
    with Journal(path) as kept:
        cut_off = kept.ask(Archive.session, "s").result().session
        assert cut_off.state == "interrupted"
        assert cut_off.n_samples >= confirmed
        kept.write(Archive.begin_session, session("next"))
        assert len(kept.ask(Archive.sessions).result()) == 2


# Questions.


def test_a_question_waits_for_the_disk_and_nobody_for_the_question(path, monkeypatch):
    monkeypatch.setattr(journal, "BUSY_S", 60.0)
    with Journal(path) as kept:
        holder = Holder(path)
        answers = [
            kept.ask(Archive.add_patient, PatientRow(id="P1", created=1.0)),
            kept.ask(Archive.patients),
        ]
        assert not any(answer.ready() for answer in answers)
        holder.let_go()
        assert [one["id"] for one in answers[1].result()] == ["P1"]
        assert all(answer.ready() for answer in answers)


def test_a_question_that_was_given_up_is_not_carried_out(path, clock, monkeypatch):
    monkeypatch.setattr(journal, "BUSY_S", 60.0)
    with Journal(path, clock=clock) as kept:
        holder = Holder(path)
        begun, queued = (
            kept.ask(Archive.add_patient, PatientRow(id=name, created=1.0)) for name in ("P1", "P2")
        )
        clock.now_s += journal.ANSWER_S
        for answer in (begun, queued):
            assert answer.ready()
            with pytest.raises(ArchiveError, match="does not answer: check the disk"):
                answer.result()
        holder.let_go()
        assert kept.ask(Archive.patients).result() == []


def test_what_a_question_writes_is_undone_when_it_is_given_up_meanwhile(path, clock):
    written, go_on = threading.Event(), threading.Event()

    def slowly(archive):
        archive.add_patient(PatientRow(id="P1", created=1.0))
        written.set()
        go_on.wait(60.0)

    with Journal(path, clock=clock) as kept:
        answer = kept.ask(slowly)
        assert written.wait(60.0)
        clock.now_s += journal.ANSWER_S
        assert answer.ready()
        go_on.set()
        with pytest.raises(ArchiveError, match="does not answer"):
            answer.result()
        assert kept.ask(Archive.patients).result() == []


def test_a_question_that_fails_leaves_nothing_behind(path):
    def fails(archive):
        archive.add_patient(PatientRow(id="P1", created=1.0))
        archive.require_patient("P404")

    with Journal(path) as kept:
        with pytest.raises(UserError, match="no patient is called 'P404'"):
            kept.ask(fails).result()
        assert kept.ask(Archive.patients).result() == []


def test_not_more_is_asked_than_there_is_room_for(path, monkeypatch):
    monkeypatch.setattr(journal, "MOST_WAITING", 3)
    go_on = threading.Event()
    with Journal(path) as kept:
        kept.write(lambda archive: go_on.wait(60.0))
        for _ in range(5):  # the write may have been taken out already
            with suppress(ArchiveError):
                kept.ask(Archive.patients)
        with pytest.raises(ArchiveError, match="does not keep up"):
            kept.ask(Archive.patients)
        go_on.set()
