use std::collections::BTreeMap;
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    #[schemars(length(max = 100))]
    commands: Vec<Command>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum Command {
    /// Sets a key.
    Set { key: String, value: i32 },
    /// Takes a key away.
    Remove { key: String },
    /// What follows can be taken back.
    Begin,
    /// Remembers a point to which can be gone back.
    Mark,
    /// Goes back to the last point, or to the beginning.
    Back,
    /// What was done is kept.
    Keep,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    store: BTreeMap<String, i32>,
    /// Whether a transaction is still open.
    open: bool,
    /// How many were kept.
    kept: u32,
}

/// Follows commands of a small store with transactions and points to go back to; an open
/// transaction shows what it would keep.
#[tool(
    example(
        name = "back to the beginning",
        input = {"commands": [
            {"do": "set", "key": "a", "value": 1}, {"do": "begin"},
            {"do": "set", "key": "a", "value": 2}, {"do": "back"}, {"do": "keep"}
        ]},
        output = {"store": {"a": 1}, "open": false, "kept": 1}
    ),
    example(
        name = "nothing to keep",
        input = {"commands": [{"do": "keep"}]},
        error = "no transaction"
    ),
    properties(deterministic)
)]
fn follow(input: Input) -> Result<Output, ToolError> {
    if input.commands.len() > 100 {
        return Err(ToolError::invalid_input(
            "at most 100 commands are followed",
        ));
    }
    let mut machine = Machine::default();
    for (index, command) in input.commands.into_iter().enumerate() {
        machine
            .step(command)
            .map_err(|why| ToolError::new("bad_order", format!("command {}: {why}", index + 1)))?;
    }
    Ok(Output {
        open: machine.state != State::Idle,
        store: machine.store,
        kept: machine.kept,
    })
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Idle,
    Open,
    /// Something was changed since the last point.
    Changed,
}

#[derive(Default)]
struct Machine {
    state: State,
    store: BTreeMap<String, i32>,
    points: Vec<BTreeMap<String, i32>>,
    kept: u32,
}

impl Machine {
    fn step(&mut self, command: Command) -> Result<(), &'static str> {
        match (self.state, command) {
            (state, Command::Set { key, value }) => {
                self.store.insert(key, value);
                self.changed(state);
            }
            (state, Command::Remove { key }) => {
                if self.store.remove(&key).is_none() {
                    return Err("there is no such key");
                }
                self.changed(state);
            }
            (State::Idle, Command::Begin) => {
                self.points.push(self.store.clone());
                self.state = State::Open;
            }
            (_, Command::Begin) => return Err("a transaction is open already"),
            (State::Idle, _) => return Err("no transaction is open"),
            (State::Open, Command::Mark) => {}
            (State::Changed, Command::Mark) => {
                self.points.push(self.store.clone());
                self.state = State::Open;
            }
            (_, Command::Back) => {
                // The first point is the beginning, and is kept for the next time.
                let point = self.points.pop().unwrap();
                if self.points.is_empty() && self.state == State::Changed {
                    self.points.push(point.clone());
                }
                self.store = point;
                self.state = State::Open;
            }
            (_, Command::Keep) => {
                self.points.clear();
                self.kept += 1;
                self.state = State::Idle;
            }
        }
        Ok(())
    }

    fn changed(&mut self, state: State) {
        if state == State::Open {
            self.state = State::Changed;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(key: &str, value: i32) -> Command {
        Command::Set {
            key: key.to_owned(),
            value,
        }
    }

    fn run(commands: Vec<Command>) -> Result<Output, ToolError> {
        follow(Input { commands })
    }

    #[test]
    fn a_point_keeps_what_was_before_it() {
        let commands = vec![
            Command::Begin,
            set("a", 1),
            Command::Mark,
            set("a", 2),
            Command::Back,
        ];
        let output = run(commands).expect("an order");
        assert_eq!(output.store["a"], 1);
        assert!(output.open);
    }

    #[test]
    fn what_is_kept_stays() {
        let commands = vec![Command::Begin, set("a", 1), Command::Keep, Command::Begin];
        let output = run(commands).expect("an order");
        assert_eq!((output.store["a"], output.kept, output.open), (1, 1, true));
    }

    #[test]
    fn orders_that_make_no_sense_are_refused() {
        assert!(run(vec![Command::Begin, Command::Begin]).is_err());
        assert!(run(vec![Command::Mark]).is_err());
        assert!(
            run(vec![Command::Remove {
                key: "a".to_owned()
            }])
            .is_err()
        );
    }
}
