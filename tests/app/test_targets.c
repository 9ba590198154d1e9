/* SPDX-License-Identifier: MIT */
/* Sets of addresses: what texts mean, merging against a plain list, files, limits. */
#include "t.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct plug_targets *targets(uint32_t max, int family)
{
    struct plug_targets_opts opts = PLUG_TARGETS_OPTS;
    struct plug_targets *t;

    opts.max = max;
    opts.family = family;
    T_OK(plug_targets_open(&t, &opts));
    T_OWN(plug_targets_close, t);
    return t;
}

static const char *text_at(const struct plug_targets *t, uint32_t i)
{
    static char text[PLUG_ADDR_TEXT];
    struct plug_addr a;

    plug_targets_at(t, i, &a);
    T_EQ(plug_addr_port(&a), 0);
    plug_addr_text(&a, text, sizeof text);
    return text;
}

/* --- texts ------------------------------------------------------------------------------------ */

static void check_text(const char *text, const char *first, const char *last, const char *count)
{
    struct plug_target target;
    char got[PLUG_ADDR_TEXT];

    /* not terminated: the text ends where its length says */
    T_OK(plug_target_parse(t_guarded(text, strlen(text)), strlen(text), &target));
    plug_addr_text(&target.first, got, sizeof got);
    T_STR(got, first);
    plug_addr_text(&target.last, got, sizeof got);
    T_STR(got, last);
    T_EQ(plug_target_count_text(&target, got, sizeof got), strlen(count));
    T_STR(got, count);
    T_EQ(plug_target_count_text(&target, got, 2), strlen(count));
    T_EQ(strlen(got), 1);
}

T_TEST(texts_mean_these_addresses)
{
    check_text("192.0.2.1", "192.0.2.1", "192.0.2.1", "1");
    check_text("192.0.2.0/24", "192.0.2.0", "192.0.2.255", "256");
    check_text("192.0.2.77/24", "192.0.2.0", "192.0.2.255", "256");
    check_text("192.0.2.77/32", "192.0.2.77", "192.0.2.77", "1");
    check_text("192.0.2.77/31", "192.0.2.76", "192.0.2.77", "2");
    check_text("10.0.0.0/8", "10.0.0.0", "10.255.255.255", "16777216");
    check_text("1.2.3.4/0", "0.0.0.0", "255.255.255.255", "4294967296");
    check_text("192.0.2.1-192.0.2.9", "192.0.2.1", "192.0.2.9", "9");
    check_text("192.0.2.1-9", "192.0.2.1", "192.0.2.9", "9");
    check_text("192.0.2.1-100", "192.0.2.1", "192.0.2.100", "100");
    check_text("10.0.0.1-10.0.3.231", "10.0.0.1", "10.0.3.231", "999");
    check_text("10.0.0.1-10.0.3.232", "10.0.0.1", "10.0.3.232", "1000");
    check_text("192.0.2.9-9", "192.0.2.9", "192.0.2.9", "1");
    check_text("192.0.2.0-0", "192.0.2.0", "192.0.2.0", "1");
    check_text("10.0.0.250-10.0.1.5", "10.0.0.250", "10.0.1.5", "12");
    check_text("0.0.0.0-255.255.255.255", "0.0.0.0", "255.255.255.255", "4294967296");
    check_text("2001:db8::1", "2001:db8::1", "2001:db8::1", "1");
    check_text("2001:db8::/120", "2001:db8::", "2001:db8::ff", "256");
    check_text("2001:db8::/64", "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff",
               "18446744073709551616");
    check_text("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
               "340282366920938463463374607431768211456");
    check_text("2001:db8::1-2001:db8::f", "2001:db8::1", "2001:db8::f", "15");
    check_text("2001:db8::1-1F", "2001:db8::1", "2001:db8::1f", "31");
    check_text("2001:db8::a00-b00", "2001:db8::a00", "2001:db8::b00", "257");
    check_text("2001:DB8::8-10", "2001:db8::8", "2001:db8::10", "9");
    check_text("::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1", "1");
    check_text("::ffff:192.0.2.0/120", "192.0.2.0", "192.0.2.255", "256");
    check_text("::ffff:192.0.2.1-9", "192.0.2.1", "192.0.2.9", "9");
}

T_TEST_PLAIN(scopes_stay_with_the_address)
{
    struct plug_target target;

    check_text("fe80::1%7", "fe80::1%7", "fe80::1%7", "1");
    check_text("fe80::1%7/126", "fe80::%7", "fe80::3%7", "4");
    check_text("fe80::1%7-f", "fe80::1%7", "fe80::f%7", "15");
    check_text("fe80::1%7-fe80::f", "fe80::1%7", "fe80::f%7", "15");
    check_text("fe80::1%7-fe80::f%7", "fe80::1%7", "fe80::f%7", "15");
    T_ERR(plug_target_parse("fe80::1%7-fe80::f%8", 19, &target), PLUG_ESCOPE);
    T_ERR(plug_target_parse("fe80::1%nosuchif-0", 18, &target), PLUG_ESCOPE);
}

T_TEST(what_is_no_target)
{
    static const char *const wrong[] = {
        "",
        "-",
        "/",
        "/24",
        "192.0.2.1/",
        "192.0.2.1/33",
        "192.0.2.1/024",
        "192.0.2.1/00",
        "192.0.2.1/-1",
        "192.0.2.1/24/24",
        "192.0.2.1/255.255.255.0",
        "192.0.2.256",
        "192.0.2",
        "192.0.2.01",
        "192.0.2.1:80",
        "[2001:db8::1]",
        " 192.0.2.1",
        "192.0.2.1 ",
        "192.0.2.9-1",
        "192.0.2.9-192.0.2.1",
        "192.0.2.1-256",
        "192.0.2.1-09",
        "192.0.2.1-",
        "-192.0.2.1",
        "192.0.2.1--9",
        "192.0.2.1-9-12",
        "192.0.2.1-2001:db8::1",
        "2001:db8::1-192.0.2.1",
        "2001:db8::1-192.0.2.1/24",
        "2001:db8::1-10000",
        "2001:db8::1-g",
        "2001:db8::1-:5",
        "2001:db8::f-1",
        "2001:db8::/129",
        "2001:db8:::/64",
        "localhost",
        "host-1",
        "192.0.2.*",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct plug_target target = {0};

        T_ERR(plug_target_parse(t_guarded(wrong[i], strlen(wrong[i])), strlen(wrong[i]), &target),
              PLUG_ETARGET);
        T_EQ(plug_addr_family(&target.first), AF_UNSPEC);
    }
}

T_TEST(a_target_has_a_longest_text)
{
    char text[PLUG_TARGET_TEXT_MAX + 2];
    struct plug_target target;

    memset(text, '-', sizeof text);
    memcpy(text, "192.0.2.1", 9);
    T_ERR(plug_target_parse(text, PLUG_TARGET_TEXT_MAX, &target), PLUG_ETARGET);
    T_ERR(plug_target_parse(text, PLUG_TARGET_TEXT_MAX + 1, &target), PLUG_ETARGET);
}

/* --- sets ------------------------------------------------------------------------------------- */

T_TEST(sets_are_sorted_and_merged)
{
    struct plug_targets *t = targets(0, AF_UNSPEC);
    struct plug_addr a;
    uint32_t i = 77;

    T_OK(plug_targets_add(t, "10.0.0.8-12"));
    T_OK(plug_targets_add(t, "10.0.0.1"));
    T_OK(plug_targets_add(t, "2001:db8::/126"));
    T_OK(plug_targets_add(t, "10.0.0.10-20"));
    T_OK(plug_targets_add(t, "10.0.0.10"));
    T_EQ(plug_targets_count(t), 0);
    T_OK(plug_targets_seal(t));
    T_OK(plug_targets_seal(t));
    T_EQ(plug_targets_count(t), 18);
    T_STR(text_at(t, 0), "10.0.0.1");
    T_STR(text_at(t, 1), "10.0.0.8");
    T_STR(text_at(t, 13), "10.0.0.20");
    T_STR(text_at(t, 14), "2001:db8::");
    T_STR(text_at(t, 17), "2001:db8::3");
    T_ERR(plug_targets_add(t, "10.0.0.1"), -EBUSY);
    for (uint32_t k = 0; k < 18; k++) {
        plug_targets_at(t, k, &a);
        T_OK(plug_addr_set_port(&a, 7));
        T_OK(plug_targets_find(t, &a, &i));
        T_EQ(i, k);
    }
    T_OK(plug_addr_parse("10.0.0.7", &a));
    T_ERR(plug_targets_find(t, &a, &i), -ENOENT);
    T_OK(plug_addr_parse("::", &a));
    T_ERR(plug_targets_find(t, &a, &i), -ENOENT);
    T_OK(plug_addr_parse("ffff::", &a));
    T_ERR(plug_targets_find(t, &a, &i), -ENOENT);
    T_OK(plug_addr_unix("/x", 2, &a));
    T_ERR(plug_targets_find(t, &a, &i), -ENOENT);
    T_EQ(i, 17);
}

T_TEST(the_last_address_of_all_counts_once)
{
    struct plug_targets *t = targets(0, AF_UNSPEC);

    T_OK(plug_targets_add(t, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
    T_OK(plug_targets_add(t, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0/124"));
    T_OK(plug_targets_add(t, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
    T_OK(plug_targets_add(t, "255.255.255.255"));
    T_OK(plug_targets_add(t, "255.255.255.254/31"));
    T_OK(plug_targets_add(t, "0.0.0.0"));
    T_OK(plug_targets_add(t, "::"));
    T_OK(plug_targets_add(t, "::"));
    T_OK(plug_targets_seal(t));
    T_EQ(plug_targets_count(t), 20);
    T_STR(text_at(t, 0), "::");
    T_STR(text_at(t, 19), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

T_TEST(an_empty_set)
{
    struct plug_targets *t = targets(0, AF_UNSPEC);
    struct plug_addr a;
    uint32_t i;

    T_OK(plug_targets_seal(t));
    T_EQ(plug_targets_count(t), 0);
    T_OK(plug_addr_parse("10.0.0.7", &a));
    T_ERR(plug_targets_find(t, &a, &i), -ENOENT);
    plug_targets_close(NULL);
}

/* Random ranges within 1024 addresses, against one bit for each. */
T_TEST_PLAIN(merging_agrees_with_a_plain_list)
{
    for (int round = 0; round < 300; round++) {
        struct plug_targets *t = targets(0, AF_UNSPEC);
        bool in[1024] = {false};
        uint32_t count = 0, found;
        struct plug_addr a;

        for (uint64_t n = t_below(60); n > 0; n--) {
            unsigned first = (unsigned)t_below(1024);
            unsigned last = first + (unsigned)t_below(n % 3 ? 4 : 1024 - first);
            char text[64];

            last = last > 1023 ? 1023 : last;
            snprintf(text, sizeof text, "10.0.%u.%u-10.0.%u.%u", first / 256, first % 256,
                     last / 256, last % 256);
            T_OK(plug_targets_add(t, text));
            for (unsigned i = first; i <= last; i++)
                in[i] = true;
        }
        T_OK(plug_targets_seal(t));
        for (unsigned i = 0; i < 1024; i++) {
            plug_addr_ip4((uint8_t[]){10, 0, (uint8_t)(i / 256), (uint8_t)i}, 0, &a);
            if (!in[i]) {
                T_ERR(plug_targets_find(t, &a, &found), -ENOENT);
                continue;
            }
            T_OK(plug_targets_find(t, &a, &found));
            T_EQ(found, count);
            struct plug_addr same;
            plug_targets_at(t, count++, &same);
            T_TRUE(plug_addr_equal(&a, &same));
        }
        T_EQ(plug_targets_count(t), count);
        t_end_owned();
    }
}

T_TEST(a_set_has_a_limit)
{
    struct plug_targets *t = targets(256, AF_UNSPEC);

    T_ERR(plug_targets_add(t, "10.0.0.0/23"), PLUG_ELIMIT);
    T_ERR(plug_targets_add(t, "10.0.0.0-10.0.1.0"), PLUG_ELIMIT);
    T_ERR(plug_targets_add(t, "::/0"), PLUG_ELIMIT);
    T_ERR(plug_targets_add(t, "2001:db8::/64"), PLUG_ELIMIT);
    T_OK(plug_targets_add(t, "10.0.0.0/25"));
    T_OK(plug_targets_add(t, "10.0.0.0/24")); /* the same again does not count */
    T_OK(plug_targets_add(t, "10.0.0.3"));
    T_OK(plug_targets_seal(t));
    T_EQ(plug_targets_count(t), 256);
    t = targets(256, AF_UNSPEC);
    T_OK(plug_targets_add(t, "10.0.0.0/24"));
    T_OK(plug_targets_add(t, "10.0.1.0"));
    T_ERR(plug_targets_seal(t), PLUG_ELIMIT);
    T_EQ(plug_targets_count(t), 0);
    t = targets(UINT32_MAX, AF_UNSPEC);
    T_ERR(plug_targets_add(t, "0.0.0.0/0"), PLUG_ELIMIT);
    T_OK(plug_targets_add(t, "0.0.0.0-255.255.255.254"));
    T_OK(plug_targets_seal(t));
    T_EQ(plug_targets_count(t), UINT32_MAX);
    T_STR(text_at(t, UINT32_MAX - 1), "255.255.255.254");
}

T_TEST_PLAIN(a_set_has_most_texts)
{
    struct plug_targets *t = targets(UINT32_MAX, AF_UNSPEC);
    struct plug_addr a;

    for (uint32_t i = 0; i < PLUG_TARGETS_RANGES; i++) {
        plug_addr_ip4((uint8_t[]){10, (uint8_t)(i >> 15), (uint8_t)(i >> 7), (uint8_t)(i << 1)}, 0,
                      &a);
        T_OK(plug_targets_add_addr(t, &a, NULL));
    }
    T_ERR(plug_targets_add(t, "192.0.2.1"), PLUG_ELIMIT);
    T_OK(plug_targets_seal(t));
    T_STR(text_at(t, PLUG_TARGETS_RANGES - 1), "10.31.255.254");
}

T_TEST(neighbours_are_one_text)
{
    struct plug_targets *t = targets(70000, AF_UNSPEC);
    struct plug_addr a;

    for (unsigned i = 0; i < 70000; i++) {
        plug_addr_ip4((uint8_t[]){10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}, 0, &a);
        T_OK(plug_targets_add_addr(t, &a, NULL));
    }
    plug_addr_ip4((uint8_t[]){10, 200, 0, 0}, 0, &a);
    T_OK(plug_targets_add_addr(t, &a, NULL));
    T_ERR(plug_targets_seal(t), PLUG_ELIMIT);
}

T_TEST(families_and_options)
{
    struct plug_targets_opts opts = PLUG_TARGETS_OPTS;
    struct plug_targets *t = targets(0, AF_INET);
    struct plug_addr a;

    T_ERR(plug_targets_add(t, "::1"), -EAFNOSUPPORT);
    T_OK(plug_targets_add(t, "::ffff:10.0.0.1"));
    t = targets(0, AF_INET6);
    T_ERR(plug_targets_add(t, "10.0.0.1"), -EAFNOSUPPORT);
    T_OK(plug_targets_add(t, "::1"));
    T_OK(plug_addr_unix("/x", 2, &a));
    T_ERR(plug_targets_add_addr(t, &a, NULL), -EAFNOSUPPORT);
    opts.family = AF_UNIX;
    T_ERR(plug_targets_open(&t, &opts), PLUG_EOPTS);
    opts = (struct plug_targets_opts)PLUG_TARGETS_OPTS;
    opts.size++;
    T_ERR(plug_targets_open(&t, &opts), PLUG_EOPTS);
}

/* --- names ------------------------------------------------------------------------------------ */

T_TEST(names_are_remembered)
{
    struct plug_targets *t = targets(0, AF_UNSPEC);
    struct plug_addr a;

    T_OK(plug_addr_parse("10.0.0.2", &a));
    T_OK(plug_targets_add_addr(t, &a, "second"));
    T_OK(plug_targets_add_addr(t, &a, "again"));
    T_OK(plug_addr_parse("::ffff:10.0.0.1", &a));
    T_OK(plug_targets_add_addr(t, &a, "first"));
    T_OK(plug_targets_add(t, "10.0.0.0/30"));
    T_OK(plug_targets_seal(t));
    T_EQ(plug_targets_count(t), 4);
    T_TRUE(!plug_targets_name(t, 0));
    T_STR(plug_targets_name(t, 1), "first");
    T_STR(plug_targets_name(t, 2), "second");
    T_TRUE(!plug_targets_name(t, 3));
}

T_TEST(names_are_looked_up)
{
    struct plug_targets *t = targets(0, AF_INET);

    T_OK(plug_targets_add_name(t, "localhost"));
    T_ERR(plug_targets_add_name(t, "10.0.0.256"), PLUG_ETARGET);
    T_ERR(plug_targets_add_name(t, "1-2"), PLUG_ETARGET);
    T_ERR(plug_targets_add_name(t, "a b"), PLUG_ETARGET);
    T_ERR(plug_targets_add_name(t, ""), PLUG_ETARGET);
    T_OK(plug_targets_seal(t));
    T_EQ(plug_targets_count(t), 1);
    T_STR(text_at(t, 0), "127.0.0.1");
    T_STR(plug_targets_name(t, 0), "localhost");
    T_ERR(plug_targets_add_name(t, "localhost"), -EBUSY);
}

/* --- files ------------------------------------------------------------------------------------ */

/* The reading end of a pipe that holds text, then its end. */
static int holding(const void *text, size_t len)
{
    int fd[2];

    T_EQ(pipe2(fd, O_CLOEXEC), 0);
    t_own_fd(fd[0]);
    T_EQ(write(fd[1], text, len), len);
    close(fd[1]);
    return fd[0];
}

struct heard {
    char name[64];
    size_t line;
    int answer;
};

static int hear(struct plug_targets *t, const char *name, size_t line, void *arg)
{
    struct heard *h = arg;

    (void)t;
    snprintf(h->name, sizeof h->name, "%s", name);
    h->line = line;
    return h->answer;
}

static int read_text(struct plug_targets *t, const char *text, struct heard *h, size_t *line)
{
    return plug_targets_read(t, holding(text, strlen(text)), h ? hear : NULL, h, line);
}

T_TEST(files_have_a_text_in_each_line)
{
    struct plug_targets *t = targets(0, AF_UNSPEC);
    struct heard h = {.answer = 5};
    size_t line = 99;

    T_OK(read_text(t,
                   "# who\n\n10.0.0.1\n  10.0.0.2 \t# with a note\r\n\t\n10.0.0.4-6#\n#10.0.0.9\n"
                   "example.org\n2001:db8::1",
                   &h, &line));
    T_EQ(line, 99);
    T_STR(h.name, "example.org");
    T_EQ(h.line, 8);
    T_OK(plug_targets_seal(t));
    T_EQ(plug_targets_count(t), 6);
    T_STR(text_at(t, 5), "2001:db8::1");
}

T_TEST(an_error_names_its_line)
{
    static const struct {
        const char *text;
        size_t line;
        int err;
    } cases[] = {
        {"10.0.0.1\n10.0.0.256\n", 2, PLUG_ETARGET},
        {"\n#\n10.0.0.1 10.0.0.2\n", 3, PLUG_ETARGET},
        {"10.0.0.1\n\n10.0.0.0/8", 3, PLUG_ELIMIT},
        {"-", 1, PLUG_ETARGET},
        {"a\n", 1, -ECANCELED}, /* what the function for names says */
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct heard h = {.answer = -ECANCELED};
        size_t line = 0;

        T_ERR(read_text(targets(0, AF_UNSPEC), cases[i].text, &h, &line), cases[i].err);
        T_EQ(line, cases[i].line);
        T_ERR(read_text(targets(0, AF_UNSPEC), cases[i].text, &h, NULL), cases[i].err);
        t_end_owned();
    }
}

T_TEST(a_line_with_a_nul_is_no_target)
{
    struct plug_targets *t = targets(0, AF_UNSPEC);
    size_t line = 0;

    T_ERR(plug_targets_read(t, holding("\n10.0.0.1\0x\n", 12), NULL, NULL, &line), PLUG_ETARGET);
    T_EQ(line, 2);
}

T_TEST(lines_have_a_longest)
{
    char text[PLUG_TARGET_TEXT_MAX + 3];
    size_t line = 0;
    struct heard h = {0};

    memset(text, ' ', sizeof text);
    memcpy(text, "10.0.0.1", 8);
    text[PLUG_TARGET_TEXT_MAX + 2] = '\0';
    text[PLUG_TARGET_TEXT_MAX] = '\0';
    T_OK(read_text(targets(0, AF_UNSPEC), text, &h, &line));
    text[PLUG_TARGET_TEXT_MAX] = ' ';
    text[PLUG_TARGET_TEXT_MAX + 1] = '\0';
    T_ERR(read_text(targets(0, AF_UNSPEC), text, &h, &line), PLUG_ELIMIT);
    T_EQ(line, 1);
    text[8] = '#'; /* a comment may be longer */
    T_OK(read_text(targets(0, AF_UNSPEC), text, &h, &line));
}

T_TEST(a_file_that_cannot_be_read_has_no_line)
{
    size_t line = 99;

    T_ERR(plug_targets_read(targets(0, AF_UNSPEC), -1, NULL, NULL, &line), -EBADF);
    T_EQ(line, 0);
}

static void write_late(void *arg)
{
    int fd = *(int *)arg;

    (void)!plug_sleep(PLUG_MS(5));
    (void)!write(fd, ".2\n", 3);
    close(fd);
}

T_TEST_PLAIN(a_pipe_is_waited_for)
{
    static int fd[2];
    struct plug_targets *t = targets(0, AF_UNSPEC);

    T_EQ(pipe2(fd, O_CLOEXEC | O_NONBLOCK), 0);
    t_own_fd(fd[0]);
    T_EQ(write(fd[1], "10.0.0", 6), 6);
    t_thread(write_late, &fd[1]);
    T_OK(plug_targets_read(t, fd[0], NULL, NULL, NULL));
    t_join();
    T_OK(plug_targets_seal(t));
    T_STR(text_at(t, 0), "10.0.0.2");
}
