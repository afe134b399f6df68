/** Settings: a list of its pages beside the chosen one. For System Admins only. */
import { Link, Route, Switch, useLocation } from "wouter";
import { State } from "../ui/State";
import { AuditPage } from "./AuditPage";
import { ChannelsPage } from "./ChannelsPage";
import { CoveragePage } from "./CoveragePage";
import { CustomersPage } from "./CustomersPage";
import { GeneralPage } from "./GeneralPage";
import { InactivityReplyPage } from "./InactivityReplyPage";
import { OfficeHoursPage } from "./OfficeHoursPage";
import { RetentionPage } from "./RetentionPage";
import classes from "./Settings.module.css";
import { TokensPage } from "./TokensPage";
import { UsersPage } from "./UsersPage";

const INACTIVITY = "/settings/organization/inactivity-message-reply";

const GROUPS = [
  {
    id: "settings-organization",
    name: "Organization",
    pages: [
      { to: "/settings/organization/general", label: "General" },
      { to: INACTIVITY, label: "Inactivity Message Reply" },
      { to: "/settings/organization/office-hours", label: "Office hours" },
      { to: "/settings/organization/coverage", label: "Coverage" },
      { to: "/settings/organization/data-retention", label: "Data retention" },
    ],
  },
  {
    id: "settings-access",
    name: "People and channels",
    pages: [
      { to: "/settings/users", label: "Users" },
      { to: "/settings/api-tokens", label: "API tokens" },
      { to: "/settings/channels", label: "Channels" },
      { to: "/settings/customers", label: "Customers" },
      { to: "/settings/audit", label: "Audit log" },
    ],
  },
];

export default function Settings() {
  const [path] = useLocation();
  return (
    <div className={classes.layout}>
      <nav aria-label="Settings" className={classes.nav}>
        {GROUPS.map((group) => (
          <div key={group.id} className={classes.group}>
            <p className={classes.groupName} id={group.id}>
              {group.name}
            </p>
            <ul aria-labelledby={group.id} className={classes.pages}>
              {group.pages.map(({ to, label }) => (
                <li key={to}>
                  <Link
                    href={to}
                    className={classes.page}
                    aria-current={path === to ? "page" : undefined}
                  >
                    {label}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </nav>
      <div className={classes.content}>
        <Switch>
          <Route path="/settings/organization/general" component={GeneralPage} />
          <Route path={INACTIVITY} component={InactivityReplyPage} />
          <Route path="/settings/organization/office-hours" component={OfficeHoursPage} />
          <Route path="/settings/organization/coverage" component={CoveragePage} />
          <Route path="/settings/organization/data-retention" component={RetentionPage} />
          <Route path="/settings/users" component={UsersPage} />
          <Route path="/settings/api-tokens" component={TokensPage} />
          <Route path="/settings/channels" component={ChannelsPage} />
          <Route path="/settings/customers" component={CustomersPage} />
          <Route path="/settings/audit" component={AuditPage} />
          <Route>
            <State
              kind="missing"
              title="There is no such setting"
              action={{ label: "To the settings", to: INACTIVITY }}
            />
          </Route>
        </Switch>
      </div>
    </div>
  );
}
