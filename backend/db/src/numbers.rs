//! Running numbers of an organisation: without gaps within what was committed, drawn under the lock of their row.

use crate::schema::number_series;
use crate::{Conn, Result};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::ids::OrganisationId;

/// Draws the next number of a series and year, starting at 1. The row stays locked until the transaction ends, so a
/// transaction that is given up gives its number back.
pub async fn update_next(
    conn: &mut Conn,
    organisation: OrganisationId,
    series: &str,
    year: i16,
) -> Result<i32> {
    Ok(diesel::insert_into(number_series::table)
        .values((
            number_series::organisation_id.eq(organisation.0),
            number_series::series.eq(series),
            number_series::year.eq(i32::from(year)),
            number_series::last.eq(1),
        ))
        .on_conflict((number_series::organisation_id, number_series::series, number_series::year))
        .do_update()
        .set(number_series::last.eq(number_series::last + 1))
        .returning(number_series::last)
        .get_result(conn)
        .await?)
}
