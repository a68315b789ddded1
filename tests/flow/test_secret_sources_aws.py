"""AwsSecret by the real boto3, against moto's server over a real socket."""

import json
import pickle
import socket

import boto3
import pytest
from moto.server import ThreadedMotoServer

from s2sauth.errors import ConfigurationError, CredentialUnavailable
from s2sauth.secret_sources import AwsSecret
from s2sauth.testing import FakeClock
from support.canary import shown
from support.http_server import Reply, http_server

REGION = "eu-central-1"


@pytest.fixture(scope="module")
def server():
    """Moto's server, on any free port."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    yield f"http://{host}:{port}"
    moto.stop()


@pytest.fixture
def aws(server, monkeypatch):
    """A client of the service, and credentials where boto3 looks for them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    client = boto3.client("secretsmanager", region_name=REGION, endpoint_url=server)
    yield client
    for secret in client.list_secrets(IncludePlannedDeletion=True)["SecretList"]:
        name = secret["Name"]
        client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    client.close()


def source_for(server, secret_id="order-service", **options):
    return AwsSecret(secret_id, region=REGION, endpoint_url=server, **options)


def test_plain_text_is_read(server, aws):
    """Without field= the secret is its text; nothing is asked at construction."""
    source = source_for(server)
    aws.create_secret(Name="order-service", SecretString="f1rst")
    assert source() == "f1rst"


def test_a_key_of_a_json_object_is_read(server, aws):
    """field= names the key, as Secrets Manager's own rotation writes it."""
    content = json.dumps({"client_secret": "f1rst", "user": "x"})
    aws.create_secret(Name="order-service", SecretString=content)
    assert source_for(server, field="client_secret")() == "f1rst"


def test_an_arn_is_as_good_as_a_name(server, aws):
    """Both are SecretIds."""
    made = aws.create_secret(Name="order-service", SecretString="f1rst")
    assert source_for(server, made["ARN"])() == "f1rst"


def test_the_secret_is_remembered_for_a_while(server, aws):
    """Asked once in `max_age`, however often it's needed."""
    clock = FakeClock()
    aws.create_secret(Name="order-service", SecretString="f1rst")
    source = source_for(server, max_age=60, clock=clock)
    assert source() == "f1rst"
    aws.put_secret_value(SecretId="order-service", SecretString="s3cond")
    clock.advance(59)
    assert source() == "f1rst"
    clock.advance(1)
    assert source() == "s3cond"


def test_a_refused_secret_is_asked_for_anew(server, aws):
    """The server refused what's remembered: the current one comes at once."""
    aws.create_secret(Name="order-service", SecretString="f1rst")
    source = source_for(server)
    first = source()
    aws.put_secret_value(SecretId="order-service", SecretString="s3cond")
    source.refused(first)
    assert source() == "s3cond"


def test_the_previous_version_is_tried_during_an_overlap(server, aws):
    """AWSPREVIOUS, while the server doesn't know AWSCURRENT yet; later AWSCURRENT."""
    aws.create_secret(Name="order-service", SecretString="f1rst")
    aws.put_secret_value(SecretId="order-service", SecretString="s3cond")
    source = source_for(server)
    assert source() == "s3cond"
    source.refused("s3cond")
    assert source() == "f1rst"
    source.refused("f1rst")
    assert source() == "s3cond"


@pytest.mark.parametrize("before", [None, "{}"])
def test_no_usable_previous_version_is_none(server, aws, before):
    """There's none yet, or it lacks the key: the current one is all there is."""
    good = '{"k": "s3cond"}'
    aws.create_secret(Name="order-service", SecretString=before or good)
    if before:
        aws.put_secret_value(SecretId="order-service", SecretString=good)
    source = source_for(server, field="k")
    source.refused(source())
    assert source() == "s3cond"


@pytest.mark.parametrize(
    ("content", "field", "said"),
    [
        ("t3xt", "k", "is no JSON object with the text 'k': check field="),
        ('{"other": "t3xt"}', "k", "is no JSON object with the text 'k'"),
        ('["t3xt"]', "k", "is no JSON object with the text 'k'"),
        ('{"k": 7}', "k", "is no JSON object with the text 'k'"),
        ("[" * 100_000, "k", "is no JSON object with the text 'k'"),
        (b"t3xt", None, "is binary, not text"),
    ],
)
def test_what_is_no_secret_is_told(server, aws, content, field, said):
    """The message names the secret and the key, and nothing of the content."""
    kind = "SecretBinary" if isinstance(content, bytes) else "SecretString"
    aws.create_secret(Name="order-service", **{kind: content})
    with pytest.raises(CredentialUnavailable) as caught:
        source_for(server, field=field)()
    assert str(caught.value).startswith("the AWS secret 'order-service' ")
    assert said in str(caught.value)
    assert "t3xt" not in shown(caught.value)
    assert caught.value.__context__ is None


def test_a_secret_that_is_not_there_is_told(server, aws):
    """Neither the name nor what AWS says is repeated beyond that."""
    with pytest.raises(CredentialUnavailable, match="there's none of that name"):
        source_for(server, "nothing")()


def test_a_secret_marked_for_deletion_is_told(server, aws):
    """Its value can't be had any more."""
    aws.create_secret(Name="order-service", SecretString="f1rst")
    aws.delete_secret(SecretId="order-service", RecoveryWindowInDays=7)
    with pytest.raises(CredentialUnavailable, match="marked for deletion"):
        source_for(server)()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AccessDeniedException", "secretsmanager:GetSecretValue is needed"),
        ("ExpiredTokenException", "our AWS credentials have expired"),
        ("SomethingNew", "can't be read: SomethingNew"),
        ("odd code, quoting t3xt", "can't be read: refused"),
    ],
)
def test_refusals_are_told_by_their_code(aws, code, said):
    """AWS's words aren't repeated: its code is enough, and ours say what to do."""
    body = json.dumps({"__type": code, "message": "t3xt"}).encode()
    answer = Reply(400, {"Content-Type": "application/x-amz-json-1.1"}, body)
    with http_server(lambda _seen: answer) as refusing:
        with pytest.raises(CredentialUnavailable) as caught:
            source_for(refusing.url)()
    assert said in str(caught.value)
    assert "t3xt" not in shown(caught.value)


def test_a_service_that_is_down_is_told(aws):
    """Nobody listens there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(CredentialUnavailable, match="EndpointConnectionError"):
        source_for(url)()


def test_missing_credentials_are_told(server, monkeypatch, tmp_path):
    """Where boto3 finds none: by the kind of its error."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(CredentialUnavailable, match="NoCredentialsError"):
        source_for(server)()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"secret_id": ""}, "secret_id"),
        ({"secret_id": None}, "secret_id"),
        ({"secret_id": "a", "field": 7}, "field"),
        ({"secret_id": "a", "max_age": -1}, "max_age"),
        ({"secret_id": "a", "timeout": True}, "timeout"),
    ],
)
def test_arguments_are_checked(arguments, named):
    """At construction, by name."""
    with pytest.raises(ConfigurationError, match=named):
        AwsSecret(**arguments)


def test_nothing_shows_and_nothing_is_pickled(server, aws):
    """The repr names the secret; its value isn't there."""
    aws.create_secret(Name="order-service", SecretString="f1rst")
    source = source_for(server)
    source()
    assert repr(source) == "AwsSecret('order-service', field=None)"
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(source)
