/**
 * A page whose code comes when it is needed. Unlike `React.lazy`, it shows at once what is already
 * there, and says so when its code cannot be had (the connection broke, or the desk was updated).
 */
import { type ComponentType, useEffect, useState } from "react";
import { PageLoader, State } from "./State";

type Code = { default: ComponentType };

/** The page, and a way to fetch its code ahead of time. */
export function later(load: () => Promise<Code>) {
  let Page: ComponentType | null = null;
  let coming: Promise<void> | null = null;

  function fetchCode(): Promise<void> {
    coming ??= load().then(
      (code) => {
        Page = code.default;
      },
      (error) => {
        coming = null;
        throw error;
      },
    );
    return coming;
  }

  function Later() {
    const [state, setState] = useState<"coming" | "here" | "failed">("coming");
    useEffect(() => {
      if (Page) return;
      let left = false;
      fetchCode().then(
        () => left || setState("here"),
        () => left || setState("failed"),
      );
      return () => {
        left = true;
      };
    }, []);
    if (Page) return <Page />;
    if (state !== "failed") return <PageLoader />;
    return (
      <State
        kind="failed"
        title="This page could not be loaded"
        action={{ label: "Load it again", run: () => window.location.reload() }}
      >
        The connection may be broken, or the desk has been updated meanwhile.
      </State>
    );
  }

  Later.ahead = () => {
    fetchCode().catch(() => {
      // Then it is fetched again when it is needed.
    });
  };
  return Later;
}
