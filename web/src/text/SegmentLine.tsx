/** Characters, encoding and segments of a text, in one line. */
import { countSegments } from "./segments";

interface SegmentLineProps {
  text: string;
  /** Without the words for beginners. */
  brief?: boolean;
}

const number = new Intl.NumberFormat("en-US");

export function segmentWords(text: string): string {
  const { encoding, segments } = countSegments(text);
  return `${encoding} · ${segments} SMS segment${segments === 1 ? "" : "s"}`;
}

export function SegmentLine({ text, brief = false }: SegmentLineProps) {
  const characters = text.length;
  return (
    <span>
      {number.format(characters)}
      {brief ? "" : " of 1,600"} character{brief && characters === 1 ? "" : "s"} ·{" "}
      {segmentWords(text)}
    </span>
  );
}
