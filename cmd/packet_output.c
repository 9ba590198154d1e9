/* SPDX-License-Identifier: MIT */
/* plug packet: into pcap files. */
#include "packet.h"
#include <string.h>

int packet_output_open(struct cmd *c, struct packet_output *out, const char *path)
{
    int fd = plug_sys()->openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    *out = (struct packet_output){.fd = fd, .path = path};
    if (fd < 0)
        return cmd_fail(c, fd, "open", path, NULL);
    out->open = true;
    return CMD_YES;
}

/* The kind of link is that of the first packet. */
static int begin(struct cmd *c, struct packet_output *out, const struct plug_packet *p)
{
    enum plug_packet_proto first = p->count > 0 ? p->layers[0].proto : PLUG_PACKET_DATA;
    bool ip = first == PLUG_PACKET_IP4 || first == PLUG_PACKET_IP6;
    if (first != PLUG_PACKET_ETHER && !ip)
        return cmd_fail(c, PLUG_EUNSUPPORTED, "write", out->path,
                        "a pcap file holds packets that begin with eth, ip or ip6");
    int err =
        plug_capture_create(&out->file, out->fd, ip ? PLUG_CAPTURE_RAW : PLUG_CAPTURE_ETHERNET);
    if (err < 0)
        return cmd_fail(c, err, "write", out->path, NULL);
    out->open = false; /* it is the file's now */
    out->ip = ip;
    return CMD_YES;
}

int packet_output_write(struct cmd *c, struct packet_output *out, const struct plug_packet *p,
                        size_t wire_len, int64_t time)
{
    int code = out->file ? CMD_YES : begin(c, out, p);
    if (code != CMD_YES)
        return code;
    if (out->ip == (p->count > 0 && p->layers[0].proto == PLUG_PACKET_ETHER))
        return cmd_fail(c, PLUG_EUNSUPPORTED, "write", out->path,
                        "one file holds either Ethernet frames or IP packets");
    int err = plug_capture_write(out->file, p->bytes, p->len, wire_len, time);
    return err < 0 ? cmd_fail(c, err, "write", out->path, NULL) : CMD_YES;
}

void packet_output_close(struct packet_output *out)
{
    plug_capture_file_close(out->file);
    if (out->open)
        (void)plug_sys()->close(out->fd);
    *out = (struct packet_output){0};
}

int packet_output_one(struct cmd *c, const struct packet_opts *o, const struct plug_packet *p)
{
    struct packet_output out = {0};
    if (!o->output)
        return CMD_YES;
    int code = packet_output_open(c, &out, o->output);
    if (code == CMD_YES)
        code = packet_output_write(c, &out, p, p->len, plug_sys()->now(CLOCK_REALTIME));
    packet_output_close(&out);
    return code;
}
