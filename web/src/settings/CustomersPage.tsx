/** Settings > Customers: what is stored about a person, to give out or to erase. */
import { ActionIcon, Button, Menu, Table, Text, TextInput, VisuallyHidden } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconDots, IconDownload, IconMessages, IconSearch, IconTrash } from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { ask, client } from "../api/client";
import { asProblem } from "../api/problem";
import { hasRole, keys, useSession } from "../api/queries";
import type { Customer } from "../api/types";
import { optedOutSource } from "../case/OptedOut";
import { changeFilter } from "../inbox/filter";
import { fullTime } from "../time/format";
import { Page } from "../ui/Page";
import { PhoneNumber } from "../ui/PhoneNumber";
import { PageLoader, Problem, State } from "../ui/State";
import { EraseDialog } from "./EraseDialog";
import classes from "./Table.module.css";

const TYPING_MS = 250;
const LONGEST_QUERY = 100;

function useCustomers(q: string) {
  return useInfiniteQuery({
    queryKey: [...keys.customers, q],
    queryFn: ({ pageParam, signal }) =>
      ask(
        client.GET("/api/v1/customers", {
          params: { query: { q: q || undefined, cursor: pageParam, limit: 50 } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
}

function Actions({ customer, onErase }: { customer: Customer; onErase: () => void }) {
  const session = useSession();
  return (
    <Menu position="bottom-end" width={230}>
      <Menu.Target>
        <ActionIcon size="lg" aria-label={`Actions for ${customer.name || customer.phone_display}`}>
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {hasRole(session, "operator") && (
          <Menu.Item
            component={Link}
            href="/"
            leftSection={<IconMessages size={16} aria-hidden />}
            onClick={() =>
              changeFilter({
                assignedTo: "all",
                status: "open",
                waiting: false,
                failed: false,
                q: customer.phone_display,
              })
            }
          >
            Show their open cases
          </Menu.Item>
        )}
        <Menu.Item
          component="a"
          href={`/api/v1/customers/${customer.id}/export`}
          download={`customer-${customer.id}.json`}
          leftSection={<IconDownload size={16} aria-hidden />}
        >
          Export everything
        </Menu.Item>
        <Menu.Item
          c="var(--desk-bad)"
          leftSection={<IconTrash size={16} aria-hidden />}
          onClick={onErase}
        >
          Erase
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

export function CustomersPage() {
  const [typed, setTyped] = useState("");
  const [q] = useDebouncedValue(typed.trim(), TYPING_MS);
  const [erasing, setErasing] = useState<Customer | null>(null);
  const customers = useCustomers(q);
  const items = customers.data?.pages.flatMap((page) => page.items);

  return (
    <Page
      wide
      trail={["Settings", "Customers"]}
      lead="What is stored about a customer: export it when they ask for it, erase it when they want to be forgotten. Both are recorded in the audit log."
    >
      <TextInput
        label="Search"
        description="Names and phone numbers, or parts of them."
        type="search"
        autoComplete="off"
        maxLength={LONGEST_QUERY}
        leftSection={<IconSearch size={17} aria-hidden />}
        maw={420}
        mb="md"
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      {items ? (
        items.length === 0 ? (
          <State inner kind="empty" title={q ? "Nobody found" : "No customers yet"}>
            {q
              ? "Nobody has this number, or this in their name."
              : "A customer is known once they text you or somebody opens a case with them."}
          </State>
        ) : (
          <Table className={classes.table} verticalSpacing="sm" aria-busy={customers.isFetching}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Customer</Table.Th>
                <Table.Th>Known since</Table.Th>
                <Table.Th>Opted out</Table.Th>
                <Table.Th>
                  <VisuallyHidden>Actions</VisuallyHidden>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((customer) => (
                <Table.Tr key={customer.id}>
                  <Table.Td className={classes.main}>
                    <Text fw={600} size="sm">
                      {customer.name ? (
                        <bdi>{customer.name}</bdi>
                      ) : (
                        <PhoneNumber number={customer.phone} display={customer.phone_display} />
                      )}
                    </Text>
                    {customer.name && (
                      <Text size="sm" c="dimmed">
                        <PhoneNumber number={customer.phone} display={customer.phone_display} />
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td data-label="Known since">
                    <time dateTime={customer.created_at}>
                      {fullTime(Date.parse(customer.created_at))}
                    </time>
                  </Table.Td>
                  <Table.Td data-label="Opted out">
                    {customer.opted_out_at ? (
                      <>
                        <time dateTime={customer.opted_out_at}>
                          {fullTime(Date.parse(customer.opted_out_at))}
                        </time>
                        <Text size="sm" c="dimmed">
                          {optedOutSource(customer.opted_out_by)}
                        </Text>
                      </>
                    ) : (
                      "No"
                    )}
                  </Table.Td>
                  <Table.Td className={classes.actions}>
                    <Actions customer={customer} onErase={() => setErasing(customer)} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )
      ) : customers.error ? (
        <Problem
          inner
          problem={asProblem(customers.error)}
          retry={() => void customers.refetch()}
        />
      ) : (
        <PageLoader />
      )}
      {customers.hasNextPage && (
        <Button
          mt="md"
          variant="default"
          loading={customers.isFetchingNextPage}
          onClick={() => void customers.fetchNextPage()}
        >
          Show more
        </Button>
      )}
      {erasing && <EraseDialog customer={erasing} onClose={() => setErasing(null)} />}
    </Page>
  );
}
