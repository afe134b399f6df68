#!/usr/bin/env python3
"""Checks the sandbox carrier, and a desk's webhook, against Twilio's official Python library.

The library is the oracle: what it can create, fetch, list and page through, and what its signer signs, is what
the product may rely on. Prints one line for each check, then "N passed, N failed"; exits with 1 if any failed.

    check.py --sandbox http://127.0.0.1:8081 --account-sid AC... --auth-token T --number +1...
             [--desk http://127.0.0.1:8080]

The sandbox must know the account and the number. With --desk, the desk must know them too; without --sandbox
only the desk is checked.
"""

import argparse
import datetime
import json
import secrets
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

WEBHOOK_PATH = "/webhooks/twilio/messages"
DELIVERY_TIMEOUT_S = 10

passed = 0
failed = 0


def check(name, holds, seen=""):
    """Counts and prints one check."""
    global passed, failed
    if holds:
        passed += 1
        print(f"ok      {name}")
    else:
        failed += 1
        print(f"FAILED  {name}: {seen}")


def fresh_phone():
    """A phone that nobody has used before."""
    return f"+1555{secrets.randbelow(9_000_000) + 1_000_000}"


def connect(args, token=None):
    """An official client that talks to the sandbox."""
    client = Client(args.account_sid, token or args.auth_token)
    client.api.base_url = args.sandbox
    return client


def check_messages(args):
    """Create, fetch and list."""
    client = connect(args)
    phone = fresh_phone()
    made = client.messages.create(to=phone, from_=args.number, body="Grüße 👋")
    check("create answers with a message", made.sid.startswith("SM") and len(made.sid) == 34, made.sid)
    check("a new message is queued", made.status == "queued", made.status)
    check("a new message is outbound-api", made.direction == "outbound-api", made.direction)
    check("the text is unchanged", made.body == "Grüße 👋", made.body)
    check("segments are counted", made.num_segments == "1", made.num_segments)
    check("the creation date is read", isinstance(made.date_created, datetime.datetime), made.date_created)
    check("a queued message has no sending date", made.date_sent is None, made.date_sent)
    check("a message without trouble has no error", made.error_code is None, made.error_code)

    deadline = time.monotonic() + DELIVERY_TIMEOUT_S
    fetched = client.messages(made.sid).fetch()
    while fetched.status != "delivered" and time.monotonic() < deadline:
        time.sleep(0.1)
        fetched = client.messages(made.sid).fetch()
    check("fetch finds it, and it is delivered", fetched.status == "delivered", fetched.status)
    check("a delivered message has a sending date", isinstance(fetched.date_sent, datetime.datetime), fetched.date_sent)
    check("fetch by the resource's own proxy", made.fetch().sid == made.sid)

    account = client.api.accounts(args.account_sid).fetch()
    check("the account is active", account.sid == args.account_sid and account.status == "active", account.status)
    return made.date_created


def check_lists(args, now):
    """Filters and paging."""
    client = connect(args)
    phone = fresh_phone()
    sids = [client.messages.create(to=phone, from_=args.number, body=f"No {n}").sid for n in range(5)]
    newest_first = list(reversed(sids))
    table = [
        ("list by recipient, newest first", {"to": phone}, newest_first),
        ("list by sender and recipient", {"to": phone, "from_": args.number}, newest_first),
        ("list of another sender is empty", {"to": phone, "from_": "+15550000000"}, []),
        ("list pages through everything", {"to": phone, "page_size": 2}, newest_first),
        ("list stops at a limit", {"to": phone, "limit": 3, "page_size": 2}, newest_first[:3]),
    ]
    for name, filters, expected in table:
        seen = [message.sid for message in client.messages.list(**filters)]
        check(name, seen == expected, seen)

    page = client.messages.page(to=phone, page_size=2)
    check("the first page says where the next is", page.next_page_url is not None, page.next_page_url)
    following = page.next_page()
    seen = [message.sid for message in following]
    check("the second page continues the first", seen == newest_first[2:4], seen)
    last = following.next_page()
    check("the last page is the last", last.next_page() is None)

    wait_until_sent(client, sids)
    day = datetime.timedelta(days=1)
    dates = [
        ("sent today", {"date_sent": now.date()}, 5),
        ("sent yesterday", {"date_sent": (now - day).date()}, 0),
        ("sent since today", {"date_sent_after": now.date()}, 5),
        ("sent since tomorrow", {"date_sent_after": (now + day).date()}, 0),
        ("sent until today", {"date_sent_before": now.date()}, 5),
        ("sent until yesterday", {"date_sent_before": (now - day).date()}, 0),
    ]
    for name, filters, count in dates:
        seen = len(client.messages.list(to=phone, **filters))
        check(f"list of what was {name}", seen == count, seen)


def check_texts(args, now):
    """Texts from phones, as the list shows them to who missed their webhooks."""
    client = connect(args)
    phone = fresh_phone()
    texts = f"/sandbox/phones/{urllib.parse.quote(phone)}/messages"
    for text in [{"body": "lost", "lost": True}, {"body": "machine", "judged_machine_made": True}]:
        control(args, texts, {"to": args.number, **text})
    control(args, texts, {"to": args.number, "body": "picture", "media": True, "lost": True})
    since = {"to": args.number, "from_": phone, "date_sent_after": now.date()}
    picture, machine, lost = client.messages.list(page_size=2, **since)
    seen = [(text.body, text.direction, text.status, text.error_code) for text in (lost, machine)]
    expected = [("lost", "inbound", "received", None), ("machine", "inbound", "received", 30039)]
    check("texts from phones are listed, machine-made ones marked", seen == expected, seen)
    check("a text from a phone has a sending date", isinstance(lost.date_sent, datetime.datetime), lost.date_sent)
    media = picture.media.list()
    check("a listed text tells its files", [file.content_type for file in media] == ["image/png"], media)
    check("a listed text counts its files", picture.num_media == "1", picture.num_media)
    yesterday = {"to": args.number, "date_sent_before": (now - datetime.timedelta(days=1)).date()}
    check("texts until yesterday are none", client.messages.list(from_=phone, **yesterday) == [])


def wait_until_sent(client, sids):
    """Only a message that was sent has a date to filter by."""
    deadline = time.monotonic() + DELIVERY_TIMEOUT_S
    while time.monotonic() < deadline:
        if all(client.messages(sid).fetch().date_sent for sid in sids):
            return
        time.sleep(0.1)


def check_errors(args):
    """Refusals surface as the library's exception, with Twilio's code."""
    client = connect(args)
    phone = fresh_phone()
    stopped = fresh_phone()
    control(args, f"/sandbox/phones/{urllib.parse.quote(stopped)}/messages", {"to": args.number, "body": "STOP"})
    table = [
        ("an invalid recipient", client, {"to": "nobody", "from_": args.number, "body": "Hi"}, 400, 21211),
        ("a sender that is not ours", client, {"to": phone, "from_": "+15550000000", "body": "Hi"}, 400, 21659),
        ("a missing text", client, {"to": phone, "from_": args.number}, 400, 21602),
        ("a text that is too long", client, {"to": phone, "from_": args.number, "body": "x" * 1601}, 400, 21617),
        ("a phone that opted out", client, {"to": stopped, "from_": args.number, "body": "Hi"}, 400, 21610),
        ("a wrong token", connect(args, "wrong"), {"to": phone, "from_": args.number, "body": "Hi"}, 401, 20003),
    ]
    for name, sender, message, status, code in table:
        expect(f"{name} is refused with {code}", status, code, lambda: sender.messages.create(**message))
    nothing = "SM" + "0" * 32
    expect("an unknown message is refused with 20404", 404, 20404, lambda: client.messages(nothing).fetch())


def expect(name, status, code, act):
    """Expects the library's exception with this HTTP status and this code."""
    try:
        act()
        check(name, False, "nothing was raised")
    except TwilioRestException as error:
        seen = (error.status, error.code)
        check(name, seen == (status, code) and bool(error.msg), (seen, error.msg))


def control(args, path, body):
    """Uses the sandbox's control API."""
    request = urllib.request.Request(
        args.sandbox + path, json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def check_desk(args):
    """The desk takes what the library signs, and nothing else."""
    url = args.desk + WEBHOOK_PATH
    params = {
        "MessageSid": "SM" + secrets.token_hex(16),
        "AccountSid": args.account_sid,
        "From": fresh_phone(),
        "To": args.number,
        "Body": "Grüße & a+b=c 100 % 👋  ",
        "NumMedia": "0",
        "NumSegments": "1",
        "ApiVersion": "2010-04-01",
        "AParameterFromTheFuture": "1",
    }
    signature = RequestValidator(args.auth_token).compute_signature(url, params)
    status, content_type = post(url, params, signature)
    check("the desk takes a text that the library signed", status == 200, status)
    check("the desk answers with text/xml", content_type.startswith("text/xml"), content_type)
    status, _ = post(url, params, signature)
    check("the desk takes the same text again", status == 200, status)

    other = RequestValidator("not the token").compute_signature(url, params)
    changed = dict(params, Body="Something else")
    unsigned = dict(params, MessageSid="SM" + secrets.token_hex(16), NumSegments="2")
    for name, form, given in [
        ("a signature with another token", params, other),
        ("a text changed after signing", changed, signature),
        ("a text without a signature", unsigned, None),
    ]:
        status, _ = post(url, form, given)
        check(f"the desk refuses {name}", status == 403, status)


def post(url, params, signature):
    """Posts a form; the status and the content type of the answer."""
    headers = {"content-type": "application/x-www-form-urlencoded"}
    if signature is not None:
        headers["X-Twilio-Signature"] = signature
    request = urllib.request.Request(url, urllib.parse.urlencode(params).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.headers.get("content-type", "")
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("content-type", "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sandbox", help="address of the sandbox carrier")
    parser.add_argument("--desk", help="public address of a desk, exactly as it is configured there")
    parser.add_argument("--account-sid", required=True)
    parser.add_argument("--auth-token", required=True)
    parser.add_argument("--number", required=True, help="the business's number")
    args = parser.parse_args()
    if not args.sandbox and not args.desk:
        parser.error("give --sandbox, --desk or both")
    try:
        if args.sandbox:
            args.sandbox = args.sandbox.rstrip("/")
            now = check_messages(args)
            check_lists(args, now)
            check_texts(args, now)
            check_errors(args)
        if args.desk:
            args.desk = args.desk.rstrip("/")
            check_desk(args)
    except Exception as error:  # A check that cannot go on has failed, and the others' results still count.
        check("the checks run to their end", False, repr(error))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
