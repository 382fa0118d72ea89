# SPDX-License-Identifier: MIT
# mitmdump's part of --mitmproxy (mitmrun.h): what the launcher's mitmdump reads at its start. It opens nothing and
# decides nothing: egress has judged each connection, and asks for a tunnel to one address.
#
# Descriptor 3: the launcher's; the port goes there, its end ends mitmdump. Descriptor 4: where flows are kept.
import asyncio
import os
import re
import socket

from mitmproxy import ctx
from mitmproxy.io import tnetstring
from mitmproxy.proxy import commands, layers
from mitmproxy.proxy.layers.http import HTTPMode

ROOM = 64 << 20  # as EGRESS_LOG_MAX
HTTP = re.compile(rb"[!-~]+ [!-~]+ HTTP/1\.[01]\r?\n")  # the first line of a request
launcher = socket.socket(fileno=3)
flows = 4
names = {}  # what egress calls the host of a tunnel, by the client's connection
standing = {}
lost = 0


def keep(flow):
    global lost
    flow.comment = names.get(flow.client_conn.id, "")
    data = tnetstring.dumps(flow.get_state())
    # Half of one would hide all that follow.
    try:
        fits = os.fstat(flows).st_size + len(data) <= ROOM
        if fits and os.write(flows, data) == len(data):
            return
    except OSError:
        pass
    lost += 1


def port():
    server = ctx.master.addons.get("proxyserver")
    if hasattr(server, "listen_addrs"):  # 9 and later
        return next((a[1] for a in server.listen_addrs()), 0)
    return server.tcp_server.sockets[0].getsockname()[1] if server.tcp_server else 0


async def tell_port():
    while not port():
        await asyncio.sleep(0.01)
    launcher.send(b"port %d\n" % port())


def on_launcher():
    if not launcher.recv(1):
        asyncio.get_running_loop().remove_reader(launcher)
        ctx.master.shutdown()


telling = None


async def running():
    global telling
    asyncio.get_running_loop().add_reader(launcher, on_launcher)
    telling = asyncio.ensure_future(tell_port())


def done():
    for flow in list(standing.values()):
        keep(flow)
    if lost:
        launcher.send(b"lost %d\n" % lost)


def http_connect(flow):
    names[flow.client_conn.id] = flow.request.headers.get("host", "")


def client_disconnected(client):
    names.pop(client.id, None)
    # 8.1 leaves the socket of a client open that has ended its half.
    handlers = getattr(ctx.master.addons.get("proxyserver"), "_connections", {}).values()
    for transport in next((h.transports for h in handlers if h.client is client), {}).values():
        if transport.writer:
            transport.writer.close()


class EndOfHalf(getattr(commands, "CloseTcpConnection", commands.CloseConnection)):
    half_close = property(lambda self: True, lambda self, value: None)


# In a tunnel mitmdump makes a whole end of the half that a client ends, and the answer is lost.
class Bytes(layers.TCPLayer):
    def relay_messages(self, event):
        for command in super().relay_messages(event):
            half = isinstance(command, commands.CloseConnection) and getattr(command, "half_close", False)
            yield EndOfHalf(command.connection) if half else command


# What is not HTTP in the clear passes as it is; to TLS mitmdump would be a stranger's certificate. mitmdump itself
# takes each three letters for HTTP, those of "SSH-2.0-" too, and some methods of HTTP for none.
def next_layer(nextlayer):
    client, server = nextlayer.data_client(), nextlayer.data_server()
    if not any(isinstance(layer, layers.HttpLayer) for layer in nextlayer.context.layers):
        return
    if HTTP.match(client) and not server:
        nextlayer.layer = layers.HttpLayer(nextlayer.context, HTTPMode.transparent)
    elif client or server:
        nextlayer.layer = Bytes(nextlayer.context)


def tcp_start(flow):
    standing[flow.id] = flow
    flow.metadata["bytes"] = [0, 0]


def tcp_message(flow):
    message = flow.messages[-1]
    flow.metadata["bytes"][not message.from_client] += len(message.content)
    flow.messages.clear()


def tcp_end(flow):
    keep(standing.pop(flow.id, flow))


tcp_error = tcp_end


def requestheaders(flow):
    standing[flow.id] = flow


def response(flow):
    keep(standing.pop(flow.id, flow))


error = response
