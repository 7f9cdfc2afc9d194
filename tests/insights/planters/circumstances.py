"""Entries whose amount is nothing odd, but their day, the day they were typed in, or their account."""

from __future__ import annotations

from datetime import timedelta

from runtime.simulators.quickbooks.companies import forms
from tests.insights.planters.habits import Habit
from tests.insights.planters.typing import Typist


def plant_weekends(typist: Typist, count: int = 3) -> None:
    """Enter purchases on a Saturday or Sunday at vendors where everything was bought from Monday to Friday."""
    for _ in range(count):
        habit = typist.choose_habit(lambda each: each.is_varied and each.works_on_weekdays, "weekend")
        day = typist.choose_day()
        day += timedelta(days=typist.chance.choice((5, 6)) - day.weekday())
        record = typist.purchase(habit, day, typist.draw_usual(habit))
        typist.note("weekend", (record,), f"{habit.name} on {day:%A %Y-%m-%d}")


def plant_backdated(typist: Typist, count: int = 3) -> None:
    """Enter purchases, and a journal entry, 45 to 120 days after their day."""
    until = typist.end - timedelta(days=125)
    for _ in range(count):
        habit, day = typist.choose_habit(lambda each: each.is_varied, "late"), typist.choose_day(until=until)
        late = typist.chance.randint(45, 120)
        typed = day + timedelta(days=late)
        record = typist.purchase(habit, day, typist.draw_usual(habit), typed=typed)
        typist.note("backdated", (record,), f"{habit.name}, typed in {late} days later")
    _backdate_journal(typist)


def _backdate_journal(typist: Typist) -> None:
    """Enter a journal entry between two accounts for expenses, in a month that was over long ago."""
    day, late = typist.choose_day(until=typist.end - timedelta(days=125)), typist.chance.randint(45, 120)
    source, target = typist.chance.sample(sorted({each.account for each in typist.habits}), 2)
    cents = typist.draw_between(12_000, 48_000)
    body = forms.make_journal_entry(day, "Correction", ((target, cents), (source, -cents)))
    record = typist.enter("JournalEntry", body, day + timedelta(days=late))
    typist.note("backdated", (record,), f"journal entry, typed in {late} days later")


def plant_unusual_accounts(typist: Typist, count: int = 3) -> None:
    """Enter purchases of the usual size on an account that the vendor was never booked on, though others are."""
    used = sorted({each.account for each in typist.habits})
    for _ in range(count):
        habit = typist.choose_habit(_suits_other_account, "account")
        account = typist.chance.choice([each for each in used if each not in habit.accounts])
        cents = typist.draw_usual(habit)
        record = typist.purchase(habit, typist.choose_day(), cents, account=account)
        name = typist.before.name_account(account)
        agreed = ("unusual_amount",) if _is_far(typist, account, cents) else ()
        typist.note("unusual_account", (record,), f"{habit.name} on {name}", *agreed)


def _suits_other_account(habit: Habit) -> bool:
    return habit.is_varied and len(habit.accounts) == 1


def _is_far(typist: Typist, account: str, cents: int) -> bool:
    """Whether an amount is more than three times, or less than a third, of what the account usually has."""
    usual = sorted(each.median for each in typist.habits if each.account == account)
    return not usual[0] <= 3 * cents or cents > 3 * usual[-1]
