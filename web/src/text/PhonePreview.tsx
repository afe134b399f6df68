/** What the customer sees: a phone with their message and the reply. */
import { Text } from "@mantine/core";
import classes from "./PhonePreview.module.css";

interface PreviewProps {
  sender: string;
  text: string;
  /** Shown in place of the reply when there is none. */
  nothing?: string;
}

export function PhonePreview({ sender, text, nothing }: PreviewProps) {
  return (
    <figure className={classes.figure}>
      <div className={classes.phone}>
        <div className={classes.bar}>
          <bdi>{sender}</bdi>
        </div>
        <div className={classes.screen}>
          <p className={classes.theirs}>Hi, is anyone there? I have a question.</p>
          {text === "" ? (
            <Text size="sm" c="dimmed" ta="center">
              {nothing}
            </Text>
          ) : (
            <p className={`${classes.ours} stranger`} dir="auto" data-testid="preview-text">
              {text}
            </p>
          )}
        </div>
      </div>
      <figcaption className={classes.caption}>
        As the customer would see it, with sample values
      </figcaption>
    </figure>
  );
}
