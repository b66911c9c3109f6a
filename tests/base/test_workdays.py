"""Working days: the days of rest of Mexico by rule, and how clocks count."""

from datetime import UTC, date, datetime

import pytest

from cauce.base import workdays


@pytest.mark.parametrize(
    ("year", "days"),
    [
        (2018, "01-01 02-05 03-19 05-01 09-16 11-19 12-01 12-25"),
        (2024, "01-01 02-05 03-18 05-01 09-16 10-01 11-18 12-25"),
        (2025, "01-01 02-03 03-17 05-01 09-16 11-17 12-25"),
        (2026, "01-01 02-02 03-16 05-01 09-16 11-16 12-25"),
        (2027, "01-01 02-01 03-15 05-01 09-16 11-15 12-25"),
        (2030, "01-01 02-04 03-18 05-01 09-16 10-01 11-18 12-25"),
    ],
)
def test_days_of_rest(year: int, days: str) -> None:
    assert [f"{day:%m-%d}" for day in workdays.holidays(year)] == days.split()
    assert all(day.year == year for day in workdays.holidays(year))


def test_years_of_another_law_are_refused() -> None:
    with pytest.raises(ValueError, match="2005"):
        workdays.holidays(2005)


def test_weekends_rest_days_and_closed_days_do_not_count() -> None:
    friday = date(2024, 3, 15)  # then a weekend and Monday 18, a day of rest
    assert workdays.add_workdays(friday, 1) == date(2024, 3, 19)
    assert workdays.add_workdays(friday, 1, closed={date(2024, 3, 19)}) == date(2024, 3, 20)
    assert workdays.workdays_between(friday, date(2024, 3, 19)) == 1
    assert workdays.workdays_between(friday, friday) == 0
    assert workdays.workdays_between(friday, date(2024, 3, 1)) == 0
    with pytest.raises(ValueError, match="one day"):
        workdays.add_workdays(friday, 0)


def test_counting_back_agrees_with_counting_on() -> None:
    start = date(2023, 12, 20)
    assert [workdays.workdays_between(start, workdays.add_workdays(start, n)) for n in range(1, 400)] == list(
        range(1, 400)
    )


def test_a_clock_starts_with_the_day_of_mexico_city_and_ends_with_its_last_day() -> None:
    late = datetime(2024, 2, 15, 3, 0, tzinfo=UTC)  # still Wednesday 14 in Mexico City
    due = workdays.due_by(late, 20)
    assert due == datetime(2024, 3, 14, 6, 0, tzinfo=UTC)  # the end of Wednesday 13
