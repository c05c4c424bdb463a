"""An S3 server that gives ranges of its objects to everyone and keeps the headers of every request."""

import re
from http.server import BaseHTTPRequestHandler


class RecordingBucket(BaseHTTPRequestHandler):
    """Objects are in ``server.contents`` by path; headers go to ``server.asked``, in lower case."""

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.answer(with_body=False)

    def do_GET(self):
        self.answer(with_body=True)

    def answer(self, *, with_body):
        path = self.path.partition("?")[0]
        self.server.asked.append({name.lower(): value for name, value in self.headers.items()})
        content = self.server.contents.get(path)
        if content is None:
            return self.reply(404, b"<Error><Code>NoSuchKey</Code></Error>", with_body=with_body)
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if not match:
            return self.reply(200, content, with_body=with_body)
        first, last = int(match[1]), min(int(match[2]), len(content) - 1)
        where = f"bytes {first}-{last}/{len(content)}"
        return self.reply(206, content[first : last + 1], with_body=with_body, where=where)

    def reply(self, status, body, *, with_body, where=""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", "Tue, 15 Aug 2023 09:50:31 GMT")
        self.send_header("ETag", '"one"')
        if where:
            self.send_header("Content-Range", where)
        self.end_headers()
        if with_body:
            self.wfile.write(body)
