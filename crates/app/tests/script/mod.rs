//! The language of the stories.
//!
//! A story begins with `== title` and runs line by line: `TIME  who does what  -> what is expected; …`. The
//! clock is moved to TIME first, and what falls due on the way runs at its own instant. A line at the same time
//! as the one before runs at once: nothing is handed over to the carrier before the clock moves or a `tick`.
//!
//! Every story starts at 09:00 with Adam (System Admin), Ana and Ben (operators, not seen yet), the
//! organization's reply switched on with 10 minutes and the text "We are away.", and a case of Maria that is
//! Ana's. Zoe texts for the first time. The numbers 72345 and ACME, and the desk's own, text too.
//!
//! | who | does |
//! |---|---|
//! | a customer | `"text"`, `again` (the carrier repeats the last text), `machine "text"` (judged machine-made), `lost "text"` (its webhook never comes), `lost machine "text"` |
//! | an operator | `active`, `sees C`, `writes C "text"`, `closes C`, `reopens C`, `assigns C O` (or `nobody`), `creates C O`, `reply on [THRESHOLD] "text"`, `reply off`, `away FROM [TO] "text"`, `away off`, `hours 09:00-17:00 "text"` (Monday to Friday, UTC), `hours off`, `adds C O`, `removes C O` (a secondary operator) |
//! | `adam` | `sets enabled=off threshold=5 waiting=off quiet=30 text="…" secondary=on` (any of them), `switches-off O KIND`, `deactivates O`, `activates O` |
//! | `carrier` | `fails F…` (`429`, `refuse:21211`, `500`, `500:sent`, `reset`, `reset:sent`, `stall`, `stall:sent`, `crash`, `crash:sent`), `lists-fail N`, `opt-out C`, `reports N STATUS[:CODE]` |
//! | `reconcile` | the carrier's list is gone through; expectations are about the last customer named |
//! | `tick` | what is due is done, hand-over included |
//! | `restart` | the app dies and is started again |
//! | `backup`, `restore` | a backup is made beside the running app; it is put back, and the app started on it |
//! | `down` | the app is down until the time of the next line |
//!
//! C is a customer's name and stands for their newest case. Expectations, about the case of the line's customer
//! (or of the last one named) unless they begin with a name and a colon:
//!
//! - `sent R4`, `not_sent reason R7`, `watching reason`, `cancelled reason`: the newest decision; trailing words
//!   may be left out
//! - `due TIME`, `due never`: when the watch falls due
//! - `all outcome[:reason], …`: every decision on the case, oldest first
//! - `gets "text"`, `gets nothing`: what came to the customer's phone since the last look
//! - `says "sentence"`: the newest decision in plain words
//! - `delivery status`: of the newest message to the customer
//! - `next-try TIME`, `next-try none`: when the carrier is offered or asked about the newest one to the customer next
//! - `waiting yes`, `unanswered no`, `guarded yes`, `status closed`, `operator ana`: the case
//! - `late yes`, `sent-at TIME`: of the newest message from the customer
//! - `duplicate`, `refused` (the action failed)

mod expect;
mod perform;

use std::collections::HashMap;

use app::caller::Caller;
use domain::auto_reply::setting::Setting;
use domain::id::CaseId;
use domain::time::Instant;
use domain::user::Role;
use sim::World;
use sim::world::Keep;

const DAY: &str = "2026-11-23";

/// A story: its place, title and lines.
pub struct Story {
    place: String,
    lines: Vec<(usize, String)>,
}

impl Story {
    /// Where it stands, and what it is called.
    pub fn title(&self) -> &str {
        &self.place
    }
}

/// The stories of a file.
pub fn stories(name: &str, text: &str) -> Vec<Story> {
    let mut stories: Vec<Story> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(title) = line.strip_prefix("==") {
            stories.push(Story { place: format!("{name}: {}", title.trim()), lines: Vec::new() });
        } else if !line.is_empty() && !line.starts_with('#') {
            let story = stories.last_mut().unwrap_or_else(|| panic!("{name}: a story begins with =="));
            story.lines.push((number + 1, line.to_owned()));
        }
    }
    stories
}

/// A story at work.
struct Stage {
    world: World,
    operators: HashMap<&'static str, Caller>,
    cases: HashMap<String, CaseId>,
    /// The customer that the expectations are about.
    about: String,
    last_text: HashMap<String, String>,
    /// How much of each phone has been looked at.
    looked: HashMap<String, usize>,
    outcome: Outcome,
    down: bool,
}

/// What the line's own action came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    Duplicate,
    Refused,
}

/// Plays a story; answers where it goes wrong.
pub async fn play(story: &Story) -> Result<(), String> {
    let mut stage = Stage::set(story).await;
    for (number, line) in &story.lines {
        let place = format!("{} (line {number})\n  {line}", story.place);
        stage.run(line).await.map_err(|found| format!("{place}\n  {found}"))?;
    }
    stage.final_checks().await.map_err(|found| format!("{} (at the end)\n  {found}", story.place))
}

impl Stage {
    async fn set(story: &Story) -> Self {
        let dies = |line: &str| ["restart", "down", "crash", "backup"].iter().any(|word| line.contains(word));
        let keep = match story.lines.iter().any(|(_, line)| dies(line)) {
            true => Keep::InFile,
            false => Keep::InMemory,
        };
        let world = World::start(1, instant("09:00"), keep).await;
        let mut operators = HashMap::new();
        for name in ["Ana", "Ben"] {
            let caller = world.add_person(name, &[Role::Operator]).await;
            operators.insert(if name == "Ana" { "ana" } else { "ben" }, caller);
        }
        let setting = Setting { enabled: true, message: "We are away.".to_owned(), ..Setting::default() };
        world.app.setting_put(&world.admin, setting, None).await.expect("the setting");
        let mut stage = Self {
            world,
            operators,
            cases: HashMap::new(),
            about: "maria".to_owned(),
            last_text: HashMap::new(),
            looked: HashMap::new(),
            outcome: Outcome::Done,
            down: false,
        };
        stage.perform("ana", "creates maria ana").await.expect("Maria's case");
        stage
    }

    async fn run(&mut self, line: &str) -> Result<(), String> {
        let (left, expected) = line.split_once("->").map_or((line, ""), |(left, right)| (left, right));
        let (time, action) =
            left.trim().split_once(char::is_whitespace).ok_or("a line has a time and an action")?;
        self.move_clock(instant(time)).await?;
        let action = action.trim();
        let (who, what) = action.split_once(char::is_whitespace).unwrap_or((action, ""));
        self.perform(who, what.trim()).await?;
        if self.outcome == Outcome::Refused && !expected.contains("refused") {
            return Err("the action was refused".to_owned());
        }
        for expectation in split_outside_quotes(expected, ';') {
            self.expect(expectation.trim()).await?;
        }
        Ok(())
    }

    async fn move_clock(&mut self, to: Instant) -> Result<(), String> {
        let now = self.world.clock.now();
        if to < now {
            return Err(format!("the clock is at {now} already"));
        }
        if self.down {
            self.world.pass_time(to);
            self.world.restart().await;
            self.down = false;
            return self.tick(to).await;
        }
        if to > now { self.tick(to).await } else { Ok(()) }
    }

    /// Moves the clock on, also when the app dies on the way.
    async fn tick(&mut self, to: Instant) -> Result<(), String> {
        while !self.world.advance_to(to).await.map_err(|error| error.log_text())? {}
        Ok(())
    }

    fn operator(&self, name: &str) -> Result<Caller, String> {
        self.operators.get(name).copied().ok_or_else(|| format!("there is no operator {name:?}"))
    }

    fn case(&self, customer: &str) -> Result<CaseId, String> {
        self.cases.get(customer).copied().ok_or_else(|| format!("{customer} has no case"))
    }
}

/// A customer's address.
fn address(customer: &str) -> &str {
    match customer {
        "maria" => "+15551230001",
        "john" => "+15551230002",
        "zoe" => "+15551230003",
        "desk" => sim::world::NUMBER,
        other => other,
    }
}

fn is_customer(name: &str) -> bool {
    ["maria", "john", "zoe", "desk", "72345", "ACME"].contains(&name)
}

/// "10:00", "10:00:30", "10:00:30.001", and "+1d 10:00" for the next day as "1d10:00".
fn instant(time: &str) -> Instant {
    let (days, time) = time.split_once('d').map_or((0, time), |(days, time)| {
        (days.parse::<i64>().unwrap_or_else(|_| panic!("{days:?} is not a number of days")), time)
    });
    let full = if time.matches(':').count() == 1 { format!("{time}:00") } else { time.to_owned() };
    let at: Instant =
        format!("{DAY}T{full}Z").parse().unwrap_or_else(|_| panic!("{time:?} is not a time of day"));
    at.plus_ms(days * domain::time::DAY_MS)
}

fn split_outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    let parts = text.split(|c: char| {
        quoted ^= c == '"';
        c == separator && !quoted
    });
    parts.filter(|part| !part.trim().is_empty()).collect()
}

/// What stands between the first and the last quotation mark.
fn quoted(text: &str) -> Result<&str, String> {
    let (start, end) = (text.find('"'), text.rfind('"'));
    match (start, end) {
        (Some(start), Some(end)) if start < end => Ok(&text[start + 1..end]),
        _ => Err(format!("{text:?} has nothing in quotes")),
    }
}
