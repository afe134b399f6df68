use super::Done;
use clap::Args;
#[derive(Args)]
pub(super) struct DemoArgs {
    #[arg(long)]
    listen: Option<String>,
    #[arg(long)]
    carrier_listen: Option<String>,
    #[arg(long)]
    data_dir: Option<String>,
}
pub(super) async fn run(_args: DemoArgs) -> anyhow::Result<Done> {
    anyhow::bail!("x")
}
