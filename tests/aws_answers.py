"""What AWS answers where moto has no such call: scripted, and held to botocore's model."""

from contextlib import contextmanager

from botocore.stub import Stubber


@contextmanager
def answering(client):
    """A function that scripts answers of a client: `answer((operation, content, asked), …)`.

    `answer.stub` takes errors. At the end every answer must have been asked for.
    """
    stub = Stubber(client)

    def answer(*answers):
        for operation, content, asked in answers:
            stub.add_response(operation, content, asked)

    with stub:
        answer.stub = stub
        yield answer
    stub.assert_no_pending_responses()
