/** What a page shows that a defect of ours has broken, instead of nothing. */
import { Component, type ReactNode } from "react";
import { State } from "./State";

interface BrokenProps {
  children: ReactNode;
  /** Where they are: at another address it is tried anew. */
  path: string;
}

/** Keeps what breaks among its children from taking the rest of the desk with it. */
export class Broken extends Component<BrokenProps, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override componentDidUpdate(before: BrokenProps) {
    if (this.state.broken && before.path !== this.props.path) this.setState({ broken: false });
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <State
        kind="failed"
        title="This page has broken"
        action={{ label: "Load it again", run: () => window.location.reload() }}
      >
        That is a defect of the desk. Nothing that was saved or sent is lost.
      </State>
    );
  }
}
