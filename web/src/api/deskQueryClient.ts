/**
 * The library's client, but for one thing: an answer that was on its way when something changed may not know of the
 * change. Where there was an answer before, the library asks anew; where it would be the first one, it lets it stand.
 * Here the first one is asked for once more, too.
 */
import {
  type InvalidateOptions,
  type InvalidateQueryFilters,
  QueryClient,
  type QueryKey,
} from "@tanstack/react-query";

export class DeskQueryClient extends QueryClient {
  override async invalidateQueries<TTaggedQueryKey extends QueryKey = QueryKey>(
    filters?: InvalidateQueryFilters<TTaggedQueryKey>,
    options?: InvalidateOptions,
  ): Promise<void> {
    const isFirst = ({ state }: { state: { data: unknown; fetchStatus: string } }) =>
      state.data === undefined && state.fetchStatus !== "idle";
    const first = this.getQueryCache().findAll(filters).filter(isFirst);
    await super.invalidateQueries(filters, options);
    if (first.length === 0) return;
    await Promise.allSettled(first.map(({ promise }) => promise));
    await super.invalidateQueries({ predicate: (query) => first.includes(query) }, options);
  }
}
