//! The incident room: an incident of the PetShop data from raw metrics to one explained report.
//!
//! ```text
//! cargo run --release --example incident_room -- [--issue N] [--scenario NAME] [--split NAME]
//!     [--data DIR] [--definition FILE] [--html FILE] [--json]
//! ```
//!
//! The service topology becomes a CMDB; the metrics stream through detectors; anomalies become
//! events, events alerts, alerts one incident with a ranked cause, the services it hits, the error
//! budget it burns and the clock of the agreement. `examples/python/incident_room.py` and
//! `examples/c/incident_room.c` do the same and print the same bytes.

mod petshop;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use itom_core::operations::{Operations, OperationsDefinition, Report};

use petshop::PetShop;

type AnyResult<T> = Result<T, Box<dyn std::error::Error>>;

/// What the command line says.
struct Options {
    data: PathBuf,
    scenario: String,
    split: String,
    issue: String,
    definition: PathBuf,
    html: PathBuf,
    json: bool,
}

fn main() -> ExitCode {
    match Options::from_command_line().and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("incident_room: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> AnyResult<()> {
    let petshop = PetShop::read(&options.data, &options.scenario, &options.split, &options.issue)?;
    let report = investigate(options, &petshop)?;
    if options.json {
        println!("{}", report.to_json());
        return Ok(());
    }
    std::fs::write(&options.html, report.to_html())?;
    print!("{}", report.to_text(std::io::stdout().is_terminal()));
    println!("\nThe same with pictures: {}", options.html.display());
    Ok(())
}

/// Topology and observations in, the report of the issue's incident out.
fn investigate(options: &Options, petshop: &PetShop) -> AnyResult<Report> {
    let definition = std::fs::read_to_string(&options.definition)
        .map_err(|error| format!("{}: {error}", options.definition.display()))?;
    let definition = OperationsDefinition::from_json(&definition)?;
    let mut operations = Operations::new(definition, petshop.cmdb()?)?;
    for row in petshop.rows() {
        operations.ingest(&row)?;
    }
    operations.advance(petshop.end)?;
    let incident = operations
        .worst_incident(petshop.issue_start)
        .ok_or("no incident was found in the rows of the issue")?;
    Ok(operations.report(&incident, petshop.end)?)
}

impl Options {
    fn from_command_line() -> AnyResult<Options> {
        let bundled = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/data/petshop"));
        let mut options = Options {
            definition: bundled.join("definition.json"),
            data: bundled,
            scenario: "high_traffic".to_owned(),
            split: "train".to_owned(),
            issue: "0".to_owned(),
            html: PathBuf::from("incident.html"),
            json: false,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(name) = arguments.next() {
            if name == "--json" {
                options.json = true;
                continue;
            }
            if name == "--help" || name == "-h" {
                println!("{USAGE}");
                std::process::exit(0);
            }
            let mut value = || arguments.next().ok_or(format!("{name} needs a value"));
            match name.as_str() {
                "--data" => options.data = value()?.into(),
                "--scenario" => options.scenario = value()?,
                "--split" => options.split = value()?,
                "--issue" => options.issue = value()?,
                "--definition" => options.definition = value()?.into(),
                "--html" => options.html = value()?.into(),
                _ => return Err(format!("unknown option {name}; {USAGE}").into()),
            }
        }
        Ok(options)
    }
}

const USAGE: &str = "options are --issue N (0 to 7 are bundled), --data DIR, --scenario NAME, \
                     --split NAME, --definition FILE, --html FILE, --json (the record instead of text and page)";
