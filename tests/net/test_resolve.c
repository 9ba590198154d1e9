/* SPDX-License-Identifier: MIT */
/*
 * Look-ups: what they answer, that they keep their deadline, and that abandoned ones leave nothing.
 */
#include "child.h"
#include "t.h"

#include <netinet/in.h>
#include <plug/alloc.h>
#include <plug/resolve.h>
#include <plug/sys.h>
#include <plug/text.h>
#include <plug/wait.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- a system whose names are made here ----------------------------------------------------- */

static struct plug_sys sys;
static int gate[2] = {-1, -1}; /* look-ups of "hang..." end when gate[1] is closed */
static atomic_int asked;       /* calls of getaddrinfo */

static struct addrinfo *make_answers(unsigned count, const struct addrinfo *hints)
{
    struct addrinfo *list = NULL;
    for (unsigned i = count; i-- > 0;) {
        struct addrinfo *ai = calloc(1, sizeof *ai + sizeof(struct sockaddr_in));
        struct sockaddr_in *in = (struct sockaddr_in *)(ai + 1);
        in->sin_family = AF_INET;
        in->sin_addr.s_addr = htonl(0x0A000000 + i);
        *ai = (struct addrinfo){.ai_family = AF_INET,
                                .ai_socktype = hints->ai_socktype,
                                .ai_addrlen = sizeof *in,
                                .ai_addr = (struct sockaddr *)in,
                                .ai_next = list};
        list = ai;
    }
    return list;
}

/* "hang" waits for the gate; "N.many" has N addresses; all else is not known. */
static int fake_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                            struct addrinfo **ret_list)
{
    uint64_t count;
    char c;
    (void)service;
    atomic_fetch_add(&asked, 1);
    if (strncmp(host, "hang", 4) == 0) {
        if (read(gate[0], &c, 1) < 0)
            return -errno;
        return PLUG_EAI_AGAIN;
    }
    const char *dot = strchr(host, '.');
    if (!dot || plug_uint_parse(host, (size_t)(dot - host), 10000, &count) < 0)
        return PLUG_EAI_NONAME;
    *ret_list = make_answers((unsigned)count, hints);
    return 0;
}

static void fake_freeaddrinfo(struct addrinfo *list)
{
    while (list) {
        struct addrinfo *next = list->ai_next;
        free(list);
        list = next;
    }
}

static void open_gate(void)
{
    if (gate[1] >= 0)
        close(gate[1]);
    gate[1] = -1;
}

static void fake_end(void *unused)
{
    (void)unused;
    open_gate();
    T_EQ(plug_resolve_trim(PLUG_S(5)), 0);
    close(gate[0]);
    T_EQ(plug_sys_set(NULL), 0);
}

static void fake_begin(void)
{
    T_EQ(pipe(gate), 0);
    atomic_store(&asked, 0);
    sys = *plug_sys_kernel();
    sys.name = "names of a test";
    sys.getaddrinfo = fake_getaddrinfo;
    sys.freeaddrinfo = fake_freeaddrinfo;
    T_EQ(plug_sys_set(&sys), 0);
    T_OWN(fake_end, NULL);
}

static int resolve_within(const char *host, int64_t timeout)
{
    struct plug_resolve_opts o = PLUG_RESOLVE_OPTS;
    struct plug_resolve_list *list;
    o.timeout = timeout;
    int err = plug_resolve(host, NULL, &o, &list);
    if (err >= 0)
        plug_resolve_free(list);
    return err;
}

/* --- answers -------------------------------------------------------------------------------- */

static void check_literal(const char *text, int family)
{
    struct plug_resolve_opts o = PLUG_RESOLVE_OPTS;
    struct plug_resolve_list *list;
    char host[PLUG_ADDR_TEXT];
    o.type = SOCK_STREAM;
    T_OK(plug_resolve(text, "80", &o, &list));
    T_OWN(plug_resolve_free, list);
    T_EQ(list->count, 1);
    T_EQ(list->item[0].family, family);
    T_EQ(list->item[0].type, SOCK_STREAM);
    T_EQ(list->item[0].proto, IPPROTO_TCP);
    T_EQ(plug_addr_port(&list->item[0].addr), 80);
    plug_addr_host_text(&list->item[0].addr, host, sizeof host);
    T_STR(host, text);
    T_TRUE(!list->cut && !list->item[0].canonname);
}

T_TEST(resolve_reads_literals)
{
    check_literal("192.0.2.1", AF_INET);
    check_literal("2001:db8::1", AF_INET6);
}

T_TEST(resolve_gives_three_kinds_of_socket)
{
    struct plug_resolve_list *list;
    T_OK(plug_resolve("127.0.0.1", NULL, NULL, &list));
    T_OWN(plug_resolve_free, list);
    T_EQ(list->count, 3);
    T_EQ(list->item[0].type, SOCK_STREAM);
    T_EQ(list->item[1].type, SOCK_DGRAM);
    T_EQ(list->item[2].type, SOCK_RAW);
}

T_TEST(resolve_copies_the_canonical_name)
{
    struct plug_resolve_opts o = PLUG_RESOLVE_OPTS;
    struct plug_resolve_list *list;
    o.flags = AI_CANONNAME;
    T_OK(plug_resolve("127.0.0.1", NULL, &o, &list));
    T_OWN(plug_resolve_free, list);
    T_STR(list->item[0].canonname, "127.0.0.1");
    T_TRUE(!list->item[1].canonname);
}

T_TEST(resolve_without_a_host_is_this_machine)
{
    struct plug_resolve_opts o = PLUG_RESOLVE_OPTS;
    struct plug_resolve_list *list;
    o.family = AF_INET;
    o.type = SOCK_DGRAM;
    o.flags = AI_PASSIVE;
    T_OK(plug_resolve(NULL, "53", &o, &list));
    T_OWN(plug_resolve_free, list);
    T_EQ(plug_addr_class(&list->item[0].addr), PLUG_ADDR_UNSPECIFIED);
}

T_TEST(resolve_tells_its_errors_apart)
{
    struct plug_resolve_opts o = PLUG_RESOLVE_OPTS;
    struct plug_resolve_list *list;
    T_ERR(plug_resolve(NULL, NULL, NULL, &list), PLUG_EAI_NONAME);
    T_ERR(plug_resolve("127.0.0.1", "65536", NULL, &list), PLUG_EPORT);
    T_ERR(plug_resolve("127.0.0.1", "99999999999999999999", NULL, &list), PLUG_EPORT);
    T_ERR(plug_resolve("127.0.0.1", "no such", NULL, &list), PLUG_EAI_SERVICE);
    o.flags = AI_NUMERICHOST;
    T_ERR(plug_resolve("localhost", NULL, &o, &list), PLUG_EAI_NONAME);
    o.flags = -1;
    T_ERR(plug_resolve("127.0.0.1", NULL, &o, &list), PLUG_EAI_BADFLAGS);
    o = (struct plug_resolve_opts)PLUG_RESOLVE_OPTS;
    o.family = 99;
    T_ERR(plug_resolve("127.0.0.1", NULL, &o, &list), PLUG_EAI_FAMILY);
    o.size = 3;
    T_ERR(plug_resolve("127.0.0.1", NULL, &o, &list), PLUG_EOPTS);
}

T_TEST(resolve_refuses_long_names)
{
    char name[300];
    struct plug_resolve_opts o = PLUG_RESOLVE_OPTS;
    struct plug_resolve_list *list;
    memset(name, 'a', sizeof name);
    o.flags = AI_NUMERICHOST; /* asks nobody */
    name[254] = 0;
    T_ERR(plug_resolve(name, NULL, &o, &list), PLUG_ELIMIT);
    name[253] = '.';
    T_ERR(plug_resolve(name, NULL, &o, &list), PLUG_EAI_NONAME);
    name[253] = 0;
    T_ERR(plug_resolve(name, NULL, &o, &list), PLUG_EAI_NONAME);
    name[252] = 0;
    T_ERR(plug_resolve(name, NULL, &o, &list), PLUG_EAI_NONAME);
    name[252] = 'a';
    T_ERR(plug_resolve("127.0.0.1", name, NULL, &list), PLUG_ELIMIT);
}

static void check_many(const char *host, size_t count, bool cut)
{
    struct plug_resolve_list *list;
    T_OK(plug_resolve(host, NULL, NULL, &list));
    T_OWN(plug_resolve_free, list);
    T_EQ(list->count, count);
    T_EQ(list->cut, cut);
}

T_TEST_PLAIN(resolve_keeps_64_answers)
{
    fake_begin();
    check_many("63.many", 63, false);
    check_many("64.many", 64, false);
    check_many("65.many", 64, true);
    check_many("1000.many", 64, true);
}

/* --- deadlines ------------------------------------------------------------------------------ */

T_TEST(resolve_in_a_worker_answers_the_same)
{
    T_OK(resolve_within("localhost", PLUG_S(30)));
}

/* On a busy machine a worker may not have begun when its caller gives up: then once more. */
static void hang_all_workers(void)
{
    for (int i = 0; i < 1000 && atomic_load(&asked) < PLUG_RESOLVE_WORKERS; i++)
        T_ERR(resolve_within("hang", PLUG_MS(5)), PLUG_ETIMEOUT);
    T_EQ(atomic_load(&asked), PLUG_RESOLVE_WORKERS);
}

T_TEST_PLAIN(resolve_keeps_its_deadline)
{
    fake_begin();
    int64_t start = plug_now();
    T_ERR(resolve_within("hang", PLUG_MS(50)), PLUG_ETIMEOUT);
    int64_t took = plug_now() - start;
    T_TRUE(took >= PLUG_MS(50) && took < PLUG_MS(550));
}

T_TEST_PLAIN(resolve_keeps_the_deadline_of_a_scope)
{
    struct plug_deadline scope;
    fake_begin();
    plug_deadline_enter(&scope, PLUG_MS(30));
    int err = resolve_within("hang", 0);
    plug_deadline_leave(&scope);
    T_ERR(err, PLUG_ETIMEOUT);
    T_TRUE(atomic_load(&asked) <= 1);
}

T_TEST_PLAIN(resolve_asks_nobody_when_time_is_up)
{
    struct plug_deadline scope;
    fake_begin();
    plug_deadline_enter(&scope, PLUG_NOWAIT);
    int err = resolve_within("hang", 0);
    plug_deadline_leave(&scope);
    T_ERR(err, PLUG_ETIMEOUT);
    T_EQ(atomic_load(&asked), 0);
}

T_TEST_PLAIN(resolve_uses_at_most_its_workers)
{
    fake_begin();
    hang_all_workers();
    for (int i = 0; i < 2 * PLUG_RESOLVE_WORKERS; i++)
        T_ERR(resolve_within("hang", PLUG_MS(10)), PLUG_ETIMEOUT);
    T_EQ(atomic_load(&asked), PLUG_RESOLVE_WORKERS);
    T_EQ(plug_resolve_trim(PLUG_NOWAIT), PLUG_RESOLVE_WORKERS);
    open_gate();
    T_EQ(plug_resolve_trim(PLUG_S(5)), 0);
    T_OK(resolve_within("1.many", PLUG_S(5)));
}

static atomic_int handled_in_worker;
static pthread_t main_thread;

static void note_thread(int signal)
{
    (void)signal;
    atomic_fetch_add(&handled_in_worker, !pthread_equal(pthread_self(), main_thread));
}

/* A signal of the program never runs its handler in a worker, even when nobody else takes it. */
T_TEST_PLAIN(resolve_workers_take_no_signals)
{
    struct sigaction act = {.sa_handler = note_thread}, before;
    sigset_t usr1;
    fake_begin();
    main_thread = pthread_self();
    atomic_store(&handled_in_worker, 0);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigaction(SIGUSR1, &act, &before);
    T_ERR(resolve_within("hang", PLUG_MS(5)), PLUG_ETIMEOUT);
    pthread_sigmask(SIG_BLOCK, &usr1, NULL);
    kill(getpid(), SIGUSR1);
    usleep(20000);
    pthread_sigmask(SIG_UNBLOCK, &usr1, NULL);
    sigaction(SIGUSR1, &before, NULL);
    T_EQ(atomic_load(&handled_in_worker), 0);
}

static void *open_gate_later(void *arg)
{
    (void)arg;
    usleep(50000);
    open_gate();
    return NULL;
}

/* All workers hang; a look-up waits for one within its own deadline. */
T_TEST_PLAIN(resolve_waits_for_a_worker)
{
    pthread_t opener;
    fake_begin();
    hang_all_workers();
    T_EQ(pthread_create(&opener, NULL, open_gate_later, NULL), 0);
    int err = resolve_within("1.many", PLUG_S(10));
    pthread_join(opener, NULL);
    T_OK(err);
}

static int waiting, deepest_result;

/* While one look-up waits, makes the next; the innermost finds the queue full. */
static int nested_wait(struct plug_waiter *w, int fd, short events, int64_t deadline)
{
    (void)w, (void)fd, (void)events, (void)deadline;
    waiting++;
    int r = resolve_within("hang", 0);
    if (r != -ECANCELED)
        deepest_result = r;
    return -ECANCELED;
}

T_TEST_PLAIN(resolve_limits_its_queue)
{
    struct plug_waiter w = {.size = sizeof w, .name = "nested", .wait = nested_wait};
    fake_begin();
    waiting = deepest_result = 0;
    hang_all_workers();
    plug_waiter_set(&w);
    int err = resolve_within("hang", 0);
    plug_waiter_set(NULL);
    T_ERR(err, -ECANCELED);
    T_EQ(waiting, PLUG_RESOLVE_QUEUE);
    T_EQ(deepest_result, PLUG_ELIMIT);
    T_EQ(atomic_load(&asked), PLUG_RESOLVE_WORKERS);
}

static int cancelled_wait(struct plug_waiter *w, int fd, short events, int64_t deadline)
{
    (void)w, (void)fd, (void)events, (void)deadline;
    return -ECANCELED;
}

/* A fiber's waiter: nothing may block in its thread, and a cancelled wait abandons the look-up. */
T_TEST_PLAIN(resolve_waits_through_the_waiter)
{
    struct plug_waiter w = {.size = sizeof w, .name = "cancelled", .wait = cancelled_wait};
    fake_begin();
    plug_waiter_set(&w);
    int err = resolve_within("hang", 0);
    plug_waiter_set(NULL);
    T_ERR(err, -ECANCELED);
}

T_TEST_PLAIN(resolve_without_a_deadline_makes_no_thread)
{
    fake_begin();
    T_OK(resolve_within("1.many", 0));
    T_EQ(plug_resolve_trim(PLUG_NOWAIT), 0);
}

/* --- fork ----------------------------------------------------------------------------------- */

/* A child looks a name up; a pipe tells how it went, since a memory checker has its own exit status
 * for what threads left behind in the child. */
static bool child_resolves(void)
{
    int fd[2];
    char good = 0;
    T_EQ(pipe(fd), 0);
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        good = resolve_within("2.many", PLUG_S(5)) == 0;
        _exit(write(fd[1], &good, 1) != 1);
    }
    close(fd[1]);
    bool told = read(fd[0], &good, 1) == 1;
    close(fd[0]);
    T_EQ(waitpid(child, NULL, 0), child);
    return told && good;
}

static void needs_threads_after_fork(void)
{
#if defined __has_feature
#if __has_feature(thread_sanitizer)
    T_SKIP("TSan does not follow threads into a child");
#endif
#endif
}

T_TEST_PLAIN(resolve_works_after_fork)
{
    needs_threads_after_fork();
    fake_begin();
    hang_all_workers();
    T_TRUE(child_resolves());
}

static atomic_bool stop;

static void *keep_resolving(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop))
        (void)!resolve_within("3.many", PLUG_S(5));
    return NULL;
}

/* No lock of ours is held across a fork, whatever other threads are doing. */
T_TEST_PLAIN(resolve_survives_a_fork_hammer)
{
    pthread_t thread[2];
    int bad = 0;
    child_needs_plain_build();
    fake_begin();
    atomic_store(&stop, false);
    for (int i = 0; i < 2; i++)
        T_EQ(pthread_create(&thread[i], NULL, keep_resolving, NULL), 0);
    for (int i = 0; i < 50; i++)
        bad += !child_resolves();
    atomic_store(&stop, true);
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    T_EQ(bad, 0);
}

/* --- names of addresses --------------------------------------------------------------------- */

static void parse(const char *text, struct plug_addr *a)
{
    T_OK(plug_addr_parse(text, a));
}

T_TEST(nameinfo_of_numbers)
{
    struct plug_addr a;
    char host[NI_MAXHOST], serv[NI_MAXSERV];
    parse("[2001:db8::5]:443", &a);
    T_OK(plug_nameinfo(&a, NI_NUMERICHOST | NI_NUMERICSERV, host, sizeof host, serv, sizeof serv));
    T_STR(host, "2001:db8::5");
    T_STR(serv, "443");
    T_OK(plug_nameinfo(&a, NI_NUMERICSERV, NULL, 0, serv, sizeof serv));
    T_STR(serv, "443");
    T_ERR(plug_nameinfo(&a, NI_NUMERICHOST, host, 11, NULL, 0), -ENOSPC);
    T_OK(plug_nameinfo(&a, NI_NUMERICHOST, host, 12, NULL, 0));
}

T_TEST(host_ip4_knows_the_special_names)
{
    struct plug_addr a;
    char text[PLUG_ADDR_TEXT];
    static const char *const pairs[][2] = {
        {"", "0.0.0.0"}, {"<broadcast>", "255.255.255.255"}, {"192.0.2.9", "192.0.2.9"}};
    for (size_t i = 0; i < 3; i++) {
        T_OK(plug_host_ip4(pairs[i][0], &a));
        plug_addr_text(&a, text, sizeof text);
        T_STR(text, pairs[i][1]);
    }
    T_ERR(plug_host_ip4("::1", &a), PLUG_EAI_ADDRFAMILY);
}

T_TEST(hostent_of_localhost)
{
    struct plug_hostent *ent;
    T_OK(plug_hostent_by_name("localhost", AF_INET, &ent));
    T_OWN(plug_hostent_free, ent);
    T_STR(ent->name, "localhost");
    T_TRUE(ent->addr_count >= 1);
    T_EQ(plug_addr_class(&ent->addrs[0]), PLUG_ADDR_LOOPBACK);
    T_ERR(plug_hostent_by_name("localhost", AF_UNIX, &ent), -EAFNOSUPPORT);
    T_ERR(plug_hostent_by_name("", AF_INET, &ent), PLUG_EHOST_NOT_FOUND);
}

T_TEST(hostent_of_a_unix_address_is_refused)
{
    struct plug_addr a;
    struct plug_hostent *ent;
    T_OK(plug_addr_unix("/x", 2, &a));
    T_ERR(plug_hostent_by_addr(&a, &ent), -EAFNOSUPPORT);
}

T_TEST(hostname_is_terminated_or_refused)
{
    char name[256];
    int len = (int)T_OK(plug_hostname(name, sizeof name));
    T_EQ(strlen(name), len);
    T_OK(plug_hostname(name, (size_t)len + 1));
    T_ERR(plug_hostname(name, (size_t)len), -ENOSPC);
    T_ERR(plug_hostname(name, 0), -ENOSPC);
}

static char hostname_given[16];

static int fake_sethostname(const char *name, size_t len)
{
    memcpy(hostname_given, name, len);
    return -EPERM;
}

T_TEST_PLAIN(hostname_set_asks_the_system)
{
    fake_begin();
    sys.sethostname = fake_sethostname;
    T_ERR(plug_hostname_set("newname", 3), -EPERM);
    T_STR(hostname_given, "new");
}

/* --- a system with reverse names ------------------------------------------------------------ */

static const char *reverse_name;
static const char *const *reverse_aliases;

static int fake_gethostbyaddr(const void *addr, socklen_t alen, int family, struct hostent *ret_ent,
                              char *buf, size_t len)
{
    static char *none[] = {NULL};
    if (!reverse_name)
        return PLUG_EHOST_NOT_FOUND;
    if (len < 4096)
        return -ERANGE;
    char **list = (char **)(void *)buf;
    char *copy = memcpy(buf + 2 * sizeof *list, addr, alen);
    list[0] = copy;
    list[1] = NULL;
    *ret_ent =
        (struct hostent){.h_name = (char *)(uintptr_t)reverse_name,
                         .h_aliases = reverse_aliases ? (char **)(uintptr_t)reverse_aliases : none,
                         .h_addrtype = family,
                         .h_length = (int)alen,
                         .h_addr_list = list};
    return 0;
}

static void fake_reverse(const char *name, const char *const *aliases)
{
    reverse_name = name;
    reverse_aliases = aliases;
    sys.gethostbyaddr = fake_gethostbyaddr;
}

static void check_confirm(const char *addr, int want, const char *name, int error)
{
    struct plug_addr a;
    char *got = NULL;
    int why = 1;
    parse(addr, &a);
    T_EQ(T_OK(plug_confirm(&a, &got, &why)), want);
    T_OWN(plug_free, got);
    T_EQ(why, error);
    if (name)
        T_STR(got, name);
    else
        T_TRUE(!got);
}

/* "1.many" is 10.0.0.0; "5.many" 10.0.0.0 to 10.0.0.4 */
T_TEST_PLAIN(confirm_has_four_outcomes)
{
    static const char *const aliases[] = {"nosuch", "5.many", NULL};
    fake_begin();
    fake_reverse(NULL, NULL);
    check_confirm("10.0.0.3", PLUG_CONFIRM_NONE, NULL, 0);
    fake_reverse("5.many", NULL);
    check_confirm("10.0.0.3", PLUG_CONFIRMED, "5.many", 0);
    check_confirm("::ffff:10.0.0.3", PLUG_CONFIRMED, "5.many", 0);
    check_confirm("10.0.0.5", PLUG_CONFIRM_DIFFER, "5.many", 0);
    fake_reverse("nosuch", NULL);
    check_confirm("10.0.0.3", PLUG_CONFIRM_FAIL, "nosuch", PLUG_EAI_NONAME);
    fake_reverse("1.many", aliases);
    check_confirm("10.0.0.3", PLUG_CONFIRMED, "5.many", 0);
    check_confirm("10.0.0.9", PLUG_CONFIRM_DIFFER, "1.many", 0);
}

/* The right name is the 8th of the address, and then the 9th. */
T_TEST_PLAIN(confirm_looks_at_8_names)
{
    const char *aliases[PLUG_CONFIRM_NAMES + 1] = {NULL};
    fake_begin();
    for (size_t i = 0; i < PLUG_CONFIRM_NAMES - 2; i++)
        aliases[i] = "1.many";
    aliases[PLUG_CONFIRM_NAMES - 2] = "5.many";
    fake_reverse("1.many", aliases);
    check_confirm("10.0.0.3", PLUG_CONFIRMED, "5.many", 0);
    aliases[PLUG_CONFIRM_NAMES - 2] = "1.many";
    aliases[PLUG_CONFIRM_NAMES - 1] = "5.many";
    check_confirm("10.0.0.3", PLUG_CONFIRM_DIFFER, "1.many", 0);
}

T_TEST_PLAIN(confirm_does_not_look_up_hostile_names)
{
    static const char *const hostile[] = {"\033[2J.many", "a b",      "-rf",
                                          "a\nb",         "<script>", "5..many"};
    fake_begin();
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        fake_reverse(hostile[i], NULL);
        check_confirm("10.0.0.3", PLUG_CONFIRM_FAIL, hostile[i], PLUG_EDNS_BADNAME);
    }
    T_EQ(atomic_load(&asked), 0);
}

T_TEST_PLAIN(confirm_out_of_time_is_no_answer)
{
    struct plug_deadline scope;
    struct plug_addr a;
    char *name;
    int why;
    fake_begin();
    fake_reverse("hang", NULL);
    parse("10.0.0.3", &a);
    plug_deadline_enter(&scope, PLUG_MS(20));
    int r = plug_confirm(&a, &name, &why);
    plug_deadline_leave(&scope);
    T_ERR(r, PLUG_ETIMEOUT);
}

T_TEST_PLAIN(fqdn_takes_the_first_name_with_a_dot)
{
    static const char *const aliases[] = {"short", "full.example", "other.example", NULL};
    static const char *const none[] = {"short", NULL};
    char name[256];
    fake_begin();
    fake_reverse("host", aliases);
    T_EQ(plug_fqdn("1.many", name, sizeof name), strlen("full.example"));
    T_STR(name, "full.example");
    fake_reverse("host", none);
    plug_fqdn("1.many", name, sizeof name);
    T_STR(name, "host");
    fake_reverse(NULL, NULL);
    plug_fqdn("1.many", name, sizeof name);
    T_STR(name, "1.many");
    T_EQ(plug_fqdn("unknown", name, 4), 7);
    T_STR(name, "unk");
}

T_TEST_PLAIN(hostent_by_text_takes_names_and_addresses)
{
    struct plug_hostent *ent;
    fake_begin();
    fake_reverse("back.example", NULL);
    T_OK(plug_hostent_by_text("3.many", &ent));
    T_OWN(plug_hostent_free, ent);
    T_STR(ent->name, "back.example");
    T_EQ(ent->addr_count, 1);
    T_ERR(plug_hostent_by_text("unknown", &ent), PLUG_EAI_NONAME);
    fake_reverse(NULL, NULL);
    T_ERR(plug_hostent_by_text("3.many", &ent), PLUG_EHOST_NOT_FOUND);
}

T_TEST_PLAIN(resolve_never_gives_an_empty_list)
{
    struct plug_resolve_list *list;
    fake_begin();
    T_ERR(plug_resolve("0.many", "80", NULL, &list), PLUG_EAI_NODATA);
    T_ERR(resolve_within("0.many", PLUG_S(5)), PLUG_EAI_NODATA);
}

T_TEST_PLAIN(fqdn_of_nothing_is_this_machine)
{
    static const char *const here[] = {"", "0.0.0.0", "::", NULL};
    char host[256], name[256];
    fake_begin();
    T_OK(plug_hostname(host, sizeof host));
    for (int i = 0; i < 4; i++) {
        plug_fqdn(here[i], name, sizeof name);
        T_STR(name, host);
    }
}
