/* SPDX-License-Identifier: MIT */
/* Captures: files there and back, malformed files, filters, an interface. */
#include "netns.h"

#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* libpcap reads and allocates behind our back, so runs with faults see only the rest. */

static int file_of(const void *bytes, size_t len)
{
    int fd = memfd_create("capture", MFD_CLOEXEC);
    T_TRUE(fd >= 0);
    T_TRUE(write(fd, bytes, len) == (ssize_t)len);
    T_TRUE(lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

static struct plug_capture *open_bytes(const void *bytes, size_t len)
{
    struct plug_capture *c;
    int fd = file_of(bytes, len);
    char what[PLUG_CAPTURE_WHAT] = "";
    int err = plug_capture_open(&c, fd, what);
    if (err < 0) {
        close(fd);
        T_FAIL("%s", what);
    }
    T_OWN(plug_capture_close, c);
    return c;
}

static void refused(const void *bytes, size_t len)
{
    struct plug_capture *c;
    int fd = file_of(bytes, len);
    char what[PLUG_CAPTURE_WHAT] = "";
    t_own_fd(fd);
    T_ERR(plug_capture_open(&c, fd, what), PLUG_ECAPTURE);
    T_TRUE(what[0] != '\0');
}

/* --- files by hand ---------------------------------------------------------------------------- */

struct sample {
    uint8_t bytes[4096];
    size_t len;
    bool swapped;
};

static void put32(struct sample *s, uint32_t value)
{
    (s->swapped ? plug_put_be32 : plug_put_le32)(s->bytes + s->len, value);
    s->len += 4;
}

static void head(struct sample *s, uint32_t magic, uint32_t snaplen, uint32_t link)
{
    put32(s, magic);
    put32(s, s->swapped ? 2u << 16 | 4 : 4u << 16 | 2);
    put32(s, 0);
    put32(s, 0);
    put32(s, snaplen);
    put32(s, link);
}

static void record(struct sample *s, uint32_t fraction, uint32_t caplen, uint32_t len, size_t there)
{
    put32(s, 1000);
    put32(s, fraction);
    put32(s, caplen);
    put32(s, len);
    memset(s->bytes + s->len, 0x45, there);
    s->len += there;
}

T_TEST_PLAIN(capture_reads_either_order_and_both_stamps)
{
    static const struct {
        uint32_t magic;
        bool swapped;
        int64_t time;
    } kinds[] = {
        {0xa1b2c3d4, false, PLUG_S(1000) + 5000},
        {0xa1b2c3d4, true, PLUG_S(1000) + 5000},
        {0xa1b23c4d, false, PLUG_S(1000) + 5},
        {0xa1b23c4d, true, PLUG_S(1000) + 5},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct sample s = {.swapped = kinds[i].swapped};
        struct plug_capture_record r;
        head(&s, kinds[i].magic, 65535, PLUG_CAPTURE_RAW);
        record(&s, 5, 20, 30, 20);
        struct plug_capture *c = open_bytes(s.bytes, s.len);
        T_EQ(plug_capture_next(c, PLUG_FOREVER, &r), 1);
        T_EQ(r.time, kinds[i].time);
        T_EQ(r.len, 20);
        T_EQ(r.wire_len, 30);
        T_EQ(r.number, 1);
        T_EQ(r.first, PLUG_PACKET_IP4);
        T_EQ(plug_capture_next(c, PLUG_FOREVER, &r), 0);
        T_STR(plug_capture_error(c), "");
        t_end_owned();
    }
}

/* The second record is malformed: the first comes, then the error names the second. */
static void second_is_bad(struct sample *s, const char *what)
{
    struct plug_capture_record r;
    struct plug_capture *c = open_bytes(s->bytes, s->len);
    T_EQ(plug_capture_next(c, PLUG_FOREVER, &r), 1);
    T_ERR(plug_capture_next(c, PLUG_FOREVER, &r), PLUG_ECAPTURE);
    if (strncmp(plug_capture_error(c), "record 2: ", 10) != 0 ||
        !strstr(plug_capture_error(c), what))
        T_FAIL("%s", plug_capture_error(c));
    t_end_owned();
}

T_TEST_PLAIN(capture_names_the_record_that_is_malformed)
{
    for (int kind = 0; kind < 4; kind++) {
        struct sample s = {.len = 0};
        head(&s, 0xa1b2c3d4, 65535, PLUG_CAPTURE_ETHERNET);
        record(&s, 0, 60, 60, 60);
        if (kind == 0)
            record(&s, 0, 0xffffffff, 60, 60); /* 4 GiB, which nobody allocates */
        else if (kind == 1)
            record(&s, 0, 60, 60, 59);
        else if (kind == 2)
            record(&s, 0, 300000, 300000, 100);
        else
            s.len += 7; /* of a record's head */
        second_is_bad(&s, kind == 0 || kind == 2 ? "bigger than" : "truncated");
    }
}

/* Longer than the file's own limit: what is above it is left out, as tcpdump and Wireshark do. */
T_TEST_PLAIN(capture_keeps_to_the_limit_of_the_file)
{
    struct sample s = {.len = 0};
    struct plug_capture_record r;
    head(&s, 0xa1b2c3d4, 50, PLUG_CAPTURE_ETHERNET);
    record(&s, 0, 60, 60, 60);
    record(&s, 0, 40, 60, 40);
    struct plug_capture *c = open_bytes(s.bytes, s.len);
    T_EQ(plug_capture_next(c, PLUG_FOREVER, &r), 1);
    T_TRUE(r.len <= 60 && r.wire_len == 60);
    T_EQ(plug_capture_next(c, PLUG_FOREVER, &r), 1);
    T_EQ(r.len, 40);
}

T_TEST_PLAIN(capture_refuses_what_is_no_capture)
{
    struct sample s = {.len = 0};
    refused("", 0);
    refused("GET / HTTP/1.1\r\n\r\nnot a capture at all", 38);
    head(&s, 0xa1b2c3d4, 65535, PLUG_CAPTURE_ETHERNET);
    refused(s.bytes, 23);
    struct plug_capture *c;
    T_ERR(plug_capture_open(&c, -1, NULL), -EBADF);
    struct plug_capture_opts o = PLUG_CAPTURE_OPTS;
    o.longest = PLUG_CAPTURE_LEN + 1;
    T_ERR(plug_capture_live(&c, "lo", &o, NULL), PLUG_EOPTS);
    o.size = 1;
    T_ERR(plug_capture_live(&c, "lo", &o, NULL), PLUG_EOPTS);
}

T_TEST_PLAIN(capture_knows_links)
{
    static const struct {
        uint32_t link;
        uint8_t bytes[24];
        size_t len, skip;
        enum plug_packet_proto first;
    } links[] = {
        {1, {0}, 14, 0, PLUG_PACKET_ETHER},
        {101, {0x60}, 4, 0, PLUG_PACKET_IP6},
        {101, {0x90}, 4, 0, PLUG_PACKET_DATA},
        {101, {0}, 0, 0, PLUG_PACKET_DATA},
        {228, {0x45}, 4, 0, PLUG_PACKET_IP4},
        {0, {2, 0, 0, 0, 0x45}, 5, 4, PLUG_PACKET_IP4},
        {0, {2, 0, 0}, 3, 3, PLUG_PACKET_DATA},
        {113, {[14] = 0x86, [15] = 0xdd}, 20, 16, PLUG_PACKET_IP6},
        {113, {[14] = 0x86}, 15, 15, PLUG_PACKET_DATA},
        {276, {0x08, 0x06}, 20, 20, PLUG_PACKET_ARP},
        {147, {0x45}, 20, 0, PLUG_PACKET_DATA},
    };
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        struct sample s = {.len = 0};
        struct plug_capture_record r;
        head(&s, 0xa1b2c3d4, 65535, links[i].link);
        record(&s, 0, (uint32_t)links[i].len, 100, links[i].len);
        memcpy(s.bytes + 40, links[i].bytes, links[i].len);
        struct plug_capture *c = open_bytes(s.bytes, s.len);
        T_EQ(plug_capture_next(c, PLUG_FOREVER, &r), 1);
        T_EQ(r.first, links[i].first);
        T_EQ(r.skip, links[i].skip);
        t_end_owned();
    }
}

/* --- there and back --------------------------------------------------------------------------- */

static struct plug_capture_file *create(int *ret_fd)
{
    struct plug_capture_file *f;
    int fd = memfd_create("capture", MFD_CLOEXEC), copy = dup(fd);
    t_own_fd(fd);
    int err = plug_capture_create(&f, copy, PLUG_CAPTURE_RAW);
    if (err < 0)
        close(copy);
    T_OK(err);
    T_OWN(plug_capture_file_close, f);
    *ret_fd = fd;
    return f;
}

T_TEST(capture_there_and_back)
{
    uint8_t udp[100], tcp[100];
    ssize_t n = plug_packet_build("ip/udp", NULL, udp, sizeof udp, NULL);
    ssize_t m = plug_packet_build("ip/tcp", NULL, tcp, sizeof tcp, NULL);
    struct plug_capture_record r;
    struct plug_capture *c;
    int fd;
    struct plug_capture_file *f = create(&fd);
    T_OK(plug_capture_write(f, udp, (size_t)n, (size_t)n, 1));
    T_OK(plug_capture_write(f, tcp, (size_t)m, (size_t)m + 5, PLUG_S(4294967295) + 999999999));
    T_ERR(plug_capture_write(f, udp, 10, 9, 1), PLUG_ERANGE);
    T_ERR(plug_capture_write(f, udp, 10, 10, -1), PLUG_ERANGE);
    T_ERR(plug_capture_write(f, udp, 10, 10, PLUG_S(4294967296)), PLUG_ERANGE);
    T_TRUE(lseek(fd, 0, SEEK_SET) == 0);
    int copy = dup(fd), err = plug_capture_open(&c, copy, NULL);
    if (err < 0)
        close(copy);
    T_OK(err);
    T_OWN(plug_capture_close, c);
    T_OK(plug_capture_filter(c, "tcp"));
    T_EQ(plug_capture_next(c, PLUG_FOREVER, &r), 1);
    T_EQ(r.number, 2);
    T_EQ(r.len, m);
    T_EQ(r.wire_len, m + 5);
    T_EQ(r.time, PLUG_S(4294967295) + 999999999);
    T_MEM(r.bytes, tcp, (size_t)m);
    T_EQ(plug_capture_next(c, PLUG_FOREVER, &r), 0);
}

T_TEST_PLAIN(capture_record_at_its_limit)
{
    static uint8_t bytes[PLUG_CAPTURE_LEN + 1];
    struct plug_capture_record r;
    struct plug_capture *c;
    int fd;
    struct plug_capture_file *f = create(&fd);
    for (size_t len = PLUG_CAPTURE_LEN - 1; len <= PLUG_CAPTURE_LEN + 1; len++)
        T_EQ(plug_capture_write(f, bytes, len, len, 0), len <= PLUG_CAPTURE_LEN ? 0 : PLUG_ERANGE);
    T_TRUE(lseek(fd, 0, SEEK_SET) == 0);
    T_OK(plug_capture_open(&c, dup(fd), NULL));
    T_OWN(plug_capture_close, c);
    T_EQ(plug_capture_next(c, PLUG_FOREVER, &r), 1);
    T_EQ(r.len, PLUG_CAPTURE_LEN - 1);
    T_EQ(plug_capture_next(c, PLUG_FOREVER, &r), 1);
    T_EQ(r.len, PLUG_CAPTURE_LEN);
}

T_TEST_PLAIN(capture_filters_are_judged)
{
    struct sample s = {.len = 0};
    head(&s, 0xa1b2c3d4, 65535, PLUG_CAPTURE_ETHERNET);
    struct plug_capture *c = open_bytes(s.bytes, s.len);
    uint64_t seen, dropped;
    T_ERR(plug_capture_filter(c, "prot tcp"), PLUG_ECAPTURE);
    T_TRUE(strstr(plug_capture_error(c), "syntax error") != NULL);
    T_OK(plug_capture_filter(c, "tcp"));
    T_OK(plug_capture_filter(c, "udp or arp"));
    T_OK(plug_capture_stats(c, &seen, &dropped));
    T_EQ(seen + dropped, 0);
    plug_capture_close(NULL);
    plug_capture_file_close(NULL);
}

/* Descriptors that a program which is executed would get. */
static int inherited(void)
{
    int count = 0;
    for (int fd = 0; fd < 1024; fd++) {
        int flags = fcntl(fd, F_GETFD);
        count += flags >= 0 && !(flags & FD_CLOEXEC);
    }
    return count;
}

T_TEST_PLAIN(capture_from_an_interface)
{
    struct plug_capture *c;
    struct plug_capture_record r;
    struct plug_addr to;
    struct plug_sock *s;
    char what[PLUG_CAPTURE_WHAT] = "";
    netns_own();
    T_ERR(plug_capture_live(&c, "none-such", NULL, what), -ENODEV);
    int before = inherited();
    T_OK(plug_capture_live(&c, "lo", NULL, what));
    T_OWN(plug_capture_close, c);
    T_EQ(inherited(), before);
    T_OK(plug_capture_filter(c, "udp dst port 9"));
    T_ERR(plug_capture_next(c, PLUG_MS(20), &r), PLUG_ETIMEOUT);
    T_OK(plug_sock_open(&s, AF_INET, SOCK_DGRAM, 0));
    T_OWN(plug_sock_close, s);
    T_OK(plug_addr_parse("127.0.0.1:9", &to));
    T_EQ(plug_sock_sendto(s, "hi", 2, 0, &to), 2);
    T_EQ(plug_capture_next(c, PLUG_S(10), &r), 1);
    T_EQ(r.first, PLUG_PACKET_ETHER);
    T_EQ(r.len, 14 + 20 + 8 + 2);
    T_MEM(r.bytes + r.len - 2, "hi", 2);
}
