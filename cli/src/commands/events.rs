//! `wasm-runner events`: what happened to the tools of a service.

use super::block_on;
use crate::client::{Client, ServerArgs};
use crate::exit::Exit;
use crate::output::{BOLD, DIM, harmless, out, state_style};
use crate::wire::{state_name, strange};
use host_api::proto::{Event, WatchEventsRequest};
use std::io::Write;

/// Tells what happened to the tools of a service, oldest first
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Example:
  wasm-runner events --follow --json | jq 'select(.type | contains(\"activated\"))'")]
pub(crate) struct Args {
    /// Goes on with what happens
    #[arg(short, long)]
    follow: bool,
    /// Begins after the event of this number
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    after: u64,
    /// One CloudEvents 1.0 JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    block_on(async {
        let client = Client::connect(&args.server).await?;
        let request = WatchEventsRequest {
            after_sequence: args.after,
            stop_at_end: !args.follow,
        };
        let mut events = client.knowledge().watch_events(request).await?.into_inner();
        while let Some(event) = events.message().await? {
            print(&event, args.json)?;
        }
        Ok(Exit::Success)
    })
}

fn print(event: &Event, as_json: bool) -> anyhow::Result<()> {
    let mut out = out();
    if as_json {
        let event = kbi::Event::try_from(event.clone()).map_err(strange("event"))?;
        serde_json::to_writer(&mut out, &event)?;
        writeln!(out)?;
    } else {
        let data = event.data.clone().unwrap_or_default();
        let style = state_style(data.to_state());
        writeln!(
            out,
            "{DIM}{:>5}  {}{DIM:#}  {BOLD}{}{BOLD:#}  {}  {style}{}{style:#}  {DIM}by {}: {}{DIM:#}",
            event.sequence,
            time(event),
            harmless(&event.subject),
            data.r#move,
            state_name(data.to_state()),
            harmless(&data.by),
            harmless(&data.reason)
        )?;
    }
    Ok(out.flush()?)
}

fn time(event: &Event) -> String {
    event
        .time
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default()
}
