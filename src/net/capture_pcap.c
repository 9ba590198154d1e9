/* SPDX-License-Identifier: MIT */
/*
 * Reading, capturing and filters, over libpcap. The only file whose input and output go around the
 * sys table: libpcap reads its FILE and its ring itself.
 */
#include <plug/alloc.h>
#include <plug/bytes.h>
#include <plug/capture.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/wait.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define LINK_RAW 101 /* in files; libpcap turns it into DLT_RAW */

struct plug_capture {
    pcap_t *pcap;
    bool live, filtered;
    struct bpf_program filter; /* of a file; an interface filters in the kernel */
    uint64_t number;
    char error[PLUG_CAPTURE_WHAT + 32];
};

/* --- life ------------------------------------------------------------------------------------- */

static int refuse(char *ret_what, const char *what)
{
    if (ret_what)
        snprintf(ret_what, PLUG_CAPTURE_WHAT, "%s", what);
    return PLUG_ECAPTURE;
}

static struct plug_capture *with(pcap_t *pcap)
{
    struct plug_capture *c = plug_calloc(1, sizeof *c);
    if (c)
        c->pcap = pcap;
    else
        pcap_close(pcap);
    return c;
}

int plug_capture_open(struct plug_capture **ret, int fd, char *ret_what)
{
    char why[PCAP_ERRBUF_SIZE] = "";
    int copy = plug_sys()->dup(fd);
    if (copy < 0)
        return copy;
    FILE *file = fdopen(copy, "rb");
    if (!file) {
        (void)plug_sys()->close(copy);
        return -ENOMEM;
    }
    pcap_t *pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, why);
    if (!pcap) {
        (void)fclose(file);
        return refuse(ret_what, why);
    }
    struct plug_capture *c = with(pcap);
    if (!c)
        return -ENOMEM;
    (void)plug_sys()->close(fd);
    *ret = c;
    return 0;
}

static int activate(pcap_t *pcap, const struct plug_capture_opts *o, char *why)
{
    pcap_set_snaplen(pcap, (int)(o->longest ? o->longest : PLUG_CAPTURE_LEN));
    pcap_set_promisc(pcap, o->promiscuous);
    pcap_set_immediate_mode(pcap, 1);
    (void)pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
    int err = pcap_activate(pcap);
    snprintf(why, PCAP_ERRBUF_SIZE, "%s",
             *pcap_geterr(pcap) ? pcap_geterr(pcap) : pcap_statustostr(err));
    switch (err) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        return -EPERM;
    case PCAP_ERROR_NO_SUCH_DEVICE:
        return -ENODEV;
    case PCAP_ERROR_IFACE_NOT_UP:
        return -ENETDOWN;
    default:
        return err < 0 || pcap_setnonblock(pcap, 1, why) < 0 ? PLUG_ECAPTURE : 0;
    }
}

int plug_capture_live(struct plug_capture **ret, const char *iface,
                      const struct plug_capture_opts *opts, char *ret_what)
{
    static const struct plug_capture_opts defaults = PLUG_CAPTURE_OPTS;
    const struct plug_capture_opts *o = opts ? opts : &defaults;
    char why[PCAP_ERRBUF_SIZE] = "";
    if (o->size != sizeof *o || o->longest > PLUG_CAPTURE_LEN)
        return PLUG_EOPTS;
    pcap_t *pcap = pcap_create(iface, why);
    if (!pcap)
        return refuse(ret_what, why);
    int err = activate(pcap, o, why);
    if (err < 0) {
        pcap_close(pcap);
        (void)refuse(ret_what, why);
        return err;
    }
    struct plug_capture *c = with(pcap);
    if (!c)
        return -ENOMEM;
    c->live = true;
    /* libpcap would hand it on to programs that are executed */
    (void)!plug_sys()->fcntl(pcap_get_selectable_fd(pcap), F_SETFD, FD_CLOEXEC);
    *ret = c;
    return 0;
}

void plug_capture_close(struct plug_capture *c)
{
    if (!c)
        return;
    if (c->filtered)
        pcap_freecode(&c->filter);
    pcap_close(c->pcap);
    plug_free(c);
}

const char *plug_capture_error(const struct plug_capture *c)
{
    return c->error;
}

int plug_capture_filter(struct plug_capture *c, const char *expression)
{
    struct bpf_program program;
    if (pcap_compile(c->pcap, &program, expression, 1, PCAP_NETMASK_UNKNOWN) < 0) {
        snprintf(c->error, sizeof c->error, "%s", pcap_geterr(c->pcap));
        return PLUG_ECAPTURE;
    }
    if (!c->live) {
        if (c->filtered)
            pcap_freecode(&c->filter);
        c->filter = program;
        c->filtered = true;
        return 0;
    }
    int err = pcap_setfilter(c->pcap, &program);
    pcap_freecode(&program);
    if (err < 0)
        snprintf(c->error, sizeof c->error, "%s", pcap_geterr(c->pcap));
    return err < 0 ? PLUG_ECAPTURE : 0;
}

int plug_capture_stats(struct plug_capture *c, uint64_t *ret_seen, uint64_t *ret_dropped)
{
    struct pcap_stat stat = {0, 0, 0};
    if (c->live && pcap_stats(c->pcap, &stat) < 0)
        return PLUG_ECAPTURE;
    *ret_seen = stat.ps_recv;
    *ret_dropped = (uint64_t)stat.ps_drop + stat.ps_ifdrop;
    return 0;
}

/* --- records ---------------------------------------------------------------------------------- */

static enum plug_packet_proto by_version(const struct plug_capture_record *r)
{
    if (r->len <= r->skip)
        return PLUG_PACKET_DATA;
    unsigned version = r->bytes[r->skip] >> 4;
    return version == 4 ? PLUG_PACKET_IP4 : version == 6 ? PLUG_PACKET_IP6 : PLUG_PACKET_DATA;
}

static enum plug_packet_proto by_type(uint16_t type)
{
    return type == 0x0800   ? PLUG_PACKET_IP4
           : type == 0x86dd ? PLUG_PACKET_IP6
           : type == 0x0806 ? PLUG_PACKET_ARP
           : type == 0x8100 ? PLUG_PACKET_VLAN
                            : PLUG_PACKET_DATA;
}

/* A link header of that many bytes, with an EtherType in it. */
static void skip_link(struct plug_capture_record *r, size_t header, size_t type_at)
{
    r->skip = r->len < header ? r->len : header;
    r->first = r->len < header ? PLUG_PACKET_DATA : by_type(plug_get_be16(r->bytes + type_at));
}

static void find_first(struct plug_capture_record *r, int link)
{
    r->skip = 0;
    r->first = PLUG_PACKET_DATA;
    switch (link) {
    case DLT_EN10MB:
        r->first = PLUG_PACKET_ETHER;
        break;
    case DLT_NULL:
    case DLT_LOOP:
        r->skip = r->len < 4 ? r->len : 4;
        r->first = by_version(r);
        break;
    case DLT_LINUX_SLL:
        skip_link(r, 16, 14);
        break;
    case DLT_LINUX_SLL2:
        skip_link(r, 20, 0);
        break;
    case DLT_RAW:
    case LINK_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
        r->first = by_version(r);
        break;
    default:
        break;
    }
}

static int wait_more(struct plug_capture *c, int64_t deadline)
{
    int fd = pcap_get_selectable_fd(c->pcap);
    int n = fd < 0 ? PLUG_ECAPTURE : plug_wait(fd, POLLIN, deadline);
    return n < 0 ? n : 0;
}

int plug_capture_next(struct plug_capture *c, int64_t timeout, struct plug_capture_record *ret)
{
    int64_t deadline = plug_deadline_after(timeout);
    for (;;) {
        struct pcap_pkthdr *head;
        const u_char *bytes;
        int n = pcap_next_ex(c->pcap, &head, &bytes);
        if (n == PCAP_ERROR_BREAK)
            return 0;
        if (n < 0) {
            snprintf(c->error, sizeof c->error, "record %llu: %s",
                     (unsigned long long)c->number + 1, pcap_geterr(c->pcap));
            return PLUG_ECAPTURE;
        }
        if (n == 0) {
            n = c->live ? wait_more(c, deadline) : 0;
            if (n < 0)
                return n;
            continue;
        }
        c->number++;
        if (c->filtered && !pcap_offline_filter(&c->filter, head, bytes))
            continue;
        *ret = (struct plug_capture_record){.number = c->number, .bytes = bytes};
        /* libpcap takes the 32 bits of a file for a signed number */
        ret->time = (int64_t)(uint32_t)head->ts.tv_sec * PLUG_S(1) + head->ts.tv_usec;
        ret->len = head->caplen;
        ret->wire_len = head->len;
        find_first(ret, pcap_datalink(c->pcap));
        return 1;
    }
}
