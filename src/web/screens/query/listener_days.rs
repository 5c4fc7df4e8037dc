//! What listening has brought, day by day, with the days between on which nobody listened.

use chrono::NaiveDate;

use crate::{domain::listener::ListenerDay, web::widgets::words::grouped};

/// The counts of a day, or of all.
#[derive(Clone, Debug)]
pub(super) struct DayRow {
    pub(super) day: String,
    pub(super) is_today: bool,
    /// Whether no run went on that day.
    pub(super) is_empty: bool,
    pub(super) received: String,
    /// The same as a share of the busiest day, 0 to 100.
    pub(super) percent: u8,
    pub(super) stored: String,
    pub(super) rejected: String,
    pub(super) duplicates: String,
    pub(super) unreadable: String,
    pub(super) is_alarming: bool,
    pub(super) acknowledged: String,
}

/// A row for each day from the first one that was listened to until today, the latest first.
pub(super) fn day_rows(days: &[ListenerDay], today: NaiveDate) -> Vec<DayRow> {
    let Some(first) = days.iter().map(|day| day.day).min() else { return Vec::new() };
    let last = days.iter().map(|day| day.day).max().unwrap_or(today).max(today);
    let busiest = days.iter().map(|day| day.received).max().unwrap_or(0).max(1);
    let mut rows: Vec<DayRow> = first
        .iter_days()
        .take_while(|day| *day <= last)
        .map(|date| {
            let day = days.iter().find(|day| day.day == date);
            let name = date.format("%Y-%m-%d").to_string();
            let percent = day.map_or(0, |day| (day.received * 100).div_ceil(busiest));
            row(name, date == today, day, u8::try_from(percent.min(100)).unwrap_or(100))
        })
        .collect();
    rows.reverse();
    rows
}

/// All of these days together, where there is more than one.
pub(super) fn total_row(days: &[ListenerDay]) -> Option<DayRow> {
    let (first, rest) = days.split_first().filter(|(_, rest)| !rest.is_empty())?;
    let total = rest.iter().fold(first.clone(), |sum, day| ListenerDay {
        day: sum.day,
        received: sum.received + day.received,
        stored: sum.stored + day.stored,
        duplicates: sum.duplicates + day.duplicates,
        rejected: sum.rejected + day.rejected,
        unreadable: sum.unreadable + day.unreadable,
        acknowledged: sum.acknowledged + day.acknowledged,
    });
    Some(row("Total".to_owned(), false, Some(&total), 0))
}

fn row(name: String, is_today: bool, day: Option<&ListenerDay>, percent: u8) -> DayRow {
    let text = |of: fn(&ListenerDay) -> u64| grouped(day.map_or(0, of));
    DayRow {
        day: name,
        is_today,
        is_empty: day.is_none(),
        received: text(|day| day.received),
        percent,
        stored: text(|day| day.stored),
        rejected: text(|day| day.rejected),
        duplicates: text(|day| day.duplicates),
        unreadable: text(|day| day.unreadable),
        is_alarming: day.is_some_and(|day| day.unreadable > 0),
        acknowledged: text(|day| day.acknowledged),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: &str, received: u64) -> ListenerDay {
        ListenerDay {
            day: day.parse().unwrap(),
            received,
            stored: received / 2,
            duplicates: 0,
            rejected: received - received / 2,
            unreadable: 0,
            acknowledged: received,
        }
    }

    #[test]
    fn days_without_a_run_are_shown_as_such_and_bars_are_of_the_busiest() {
        let days = [day("2026-11-25", 50), day("2026-11-22", 1_000)];
        let rows = day_rows(&days, "2026-11-26".parse().unwrap());
        let shown: Vec<_> =
            rows.iter().map(|row| (&*row.day, row.is_empty, row.is_today, row.percent)).collect();
        assert_eq!(
            shown,
            [
                ("2026-11-26", true, true, 0),
                ("2026-11-25", false, false, 5),
                ("2026-11-24", true, false, 0),
                ("2026-11-23", true, false, 0),
                ("2026-11-22", false, false, 100),
            ]
        );
        let total = total_row(&days).unwrap();
        assert_eq!((&*total.received, &*total.stored, &*total.rejected), ("1,050", "525", "525"));
        assert!(day_rows(&[], "2026-11-26".parse().unwrap()).is_empty());
        assert!(total_row(&days[..1]).is_none(), "one day is its own sum");
    }
}
