/* SPDX-License-Identifier: MIT */
#ifndef PLUG_H
#define PLUG_H
/* All of plug. Each header below also stands alone; each is the manual of its part. */
#include <plug/base.h>
#include <plug/err.h>
#include <plug/alloc.h>
#include <plug/sys.h>
#include <plug/time.h>
#include <plug/wait.h>
#include <plug/buf.h>
#include <plug/text.h>
#include <plug/bytes.h>
#include <plug/hex.h>
#include <plug/base64.h>
#include <plug/checksum.h>
#include <plug/frame.h>
#include <plug/json.h>
#include <plug/trace.h>
#include <plug/struct.h>
#include <plug/addr.h>
#include <plug/url.h>
#include <plug/constant.h>
#include <plug/service.h>
#include <plug/iface.h>
#include <plug/resolve.h>
#include <plug/dns.h>
#include <plug/sock.h>
#include <plug/sockopt.h>
#include <plug/msg.h>
#include <plug/dial.h>
#include <plug/listen.h>
#include <plug/stream.h>
#include <plug/select.h>
#include <plug/poll.h>
#include <plug/epoll.h>
#include <plug/selector.h>
#endif
