//! How figures are printed: the machine once, then each figure beside the limit that was measured in the same run.

use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

#[derive(diesel::QueryableByName)]
struct Setting {
    #[diesel(sql_type = diesel::sql_types::Text)]
    value: String,
}

/// One figure with what the same machine can at most do, and the share of it that is the goal.
pub(crate) struct Figure {
    pub name: &'static str,
    pub unit: &'static str,
    pub measured: f64,
    pub limit: f64,
    pub limit_name: &'static str,
    /// Smallest (or, for times, largest) measured/limit that the design asks for; none where it asks for nothing.
    pub goal: Option<f64>,
    /// Less is better, as for times.
    pub less: bool,
}

/// Says where this was measured: processors, load of other programs, and how safely PostgreSQL writes.
pub(crate) async fn machine(owner_url: &str) {
    let model = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model.lines().find_map(|line| line.strip_prefix("model name")?.split(':').nth(1));
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split(' ').take(1).collect();
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let mut conn = AsyncPgConnection::establish(owner_url).await.unwrap();
    let query = "select version() || ', fsync ' || current_setting('fsync') || ', synchronous_commit ' \
                 || current_setting('synchronous_commit') as value";
    let found: Setting = diesel::sql_query(query).get_result(&mut conn).await.unwrap();
    println!("machine: {processors} × {}, load {}", model.unwrap_or("?").trim(), load.concat());
    println!("{}", found.value);
}

/// Prints the figures as a table.
pub(crate) fn table(title: &str, figures: &[Figure]) {
    println!("{title}");
    for it in figures {
        let ratio = it.measured / it.limit;
        let met = it.goal.map(|goal| if it.less { ratio <= goal } else { ratio >= goal });
        let verdict = match (it.goal, met) {
            (Some(goal), Some(true)) => format!("goal {goal:.2}: met"),
            (Some(goal), _) => format!("goal {goal:.2}: MISSED"),
            (None, _) => String::new(),
        };
        println!(
            "  {:<28} {:>10.1} {:<10} {:<26} {:>10.1}   ratio {ratio:>6.3}  {verdict}",
            it.name, it.measured, it.unit, it.limit_name, it.limit
        );
    }
}
