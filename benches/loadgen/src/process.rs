//! What a server costs: CPU time and memory of a process and of all that it has started, from `/proc`.

use std::collections::HashMap;
use std::fs;

/// Linux counts processor time in hundredths of a second (`USER_HZ`), whatever the kernel's own tick is.
const TICKS: f64 = 100.0;

/// Seconds and KiB.
#[derive(Debug, Default, Clone)]
pub(crate) struct Cost {
    pub(crate) cpu: f64,
    pub(crate) resident: u64,
    pub(crate) peak: u64,
}

/// The fields of `/proc/PID/stat` behind the name, which may have spaces.
fn fields(process: &str) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let behind = text.rfind(')')? + 2;
    Some(text[behind..].split(' ').map(str::to_owned).collect())
}

fn seconds(fields: &[String]) -> f64 {
    let ticks =
        |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / TICKS
}

/// A process and its descendants.
fn tree(root: &str) -> Vec<String> {
    let mut children: HashMap<String, Vec<String>> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        if let Some(parent) = fields(&name).and_then(|fields| fields.get(1).cloned()) {
            children.entry(parent).or_default().push(name);
        }
    }
    let mut all = vec![root.to_owned()];
    let mut next = 0;
    while next < all.len() {
        all.extend(children.remove(&all[next]).unwrap_or_default());
        next += 1;
    }
    all
}

/// What a server has cost so far; nothing if there is no `--pid`.
pub(crate) fn cost(process: usize) -> Cost {
    let mut cost = Cost::default();
    if process == 0 {
        return cost;
    }
    for process in tree(&process.to_string()) {
        cost.cpu += fields(&process).map_or(0.0, |fields| seconds(&fields));
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let kib = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        cost.resident += kib("VmRSS:").unwrap_or(0);
        cost.peak += kib("VmHWM:").unwrap_or(0);
    }
    cost
}

/// Processor seconds of this process.
pub(crate) fn own_cpu() -> f64 {
    fields("self").map_or(0.0, |fields| seconds(&fields))
}
