/* SPDX-License-Identifier: MIT */
/* Programming mistakes end the program with one line that says which. */
#include "t.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs fn in a child; it must abort, and its stderr hold message. */
static void expect_abort(void (*fn)(void), const char *message)
{
    int fd[2], status;
    char text[2000];
    size_t len = 0;
    ssize_t n;
    T_EQ(pipe2(fd, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(fd[1], STDERR_FILENO);
        fn();
        _exit(0);
    }
    close(fd[1]);
    while (len < sizeof text - 1 && (n = read(fd[0], text + len, sizeof text - 1 - len)) > 0)
        len += (size_t)n;
    text[len] = '\0';
    close(fd[0]);
    waitpid(pid, &status, 0);
    T_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    T_TRUE(strncmp(text, "plug: ", 6) == 0);
    if (!strstr(text, message))
        T_FAIL("\"%s\" is not in \"%s\"", message, text);
}

static struct plug_buf buf;
static struct plug_json json;

static void buf_without_maximum(void)
{
    plug_buf_init(&buf, 0);
}

static void buf_of_everything(void)
{
    plug_buf_init(&buf, SIZE_MAX / 4 + 1);
}

static void consume_too_much(void)
{
    plug_buf_init(&buf, 10);
    plug_buf_consume(&buf, 1);
}

static void commit_too_much(void)
{
    uint8_t *room;
    plug_buf_init(&buf, 10);
    if (plug_buf_reserve(&buf, 3, &room) == 0)
        plug_buf_commit(&buf, 4);
}

static void scopes_out_of_order(void)
{
    struct plug_deadline a, b;
    plug_deadline_enter(&a, 1);
    plug_deadline_enter(&b, 1);
    plug_deadline_leave(&a);
}

static void json_start(void)
{
    plug_buf_init(&buf, 1000);
    plug_json_init(&json, &buf);
}

static void json_member_without_key(void)
{
    json_start();
    plug_json_object(&json, NULL);
    plug_json_int(&json, NULL, 1);
}

static void json_key_in_array(void)
{
    json_start();
    plug_json_array(&json, NULL);
    plug_json_int(&json, "a", 1);
}

static void json_key_at_the_top(void)
{
    json_start();
    plug_json_object(&json, "a");
}

static void json_two_at_the_top(void)
{
    json_start();
    plug_json_int(&json, NULL, 1);
    plug_json_int(&json, NULL, 1);
}

static void json_end_of_nothing(void)
{
    json_start();
    plug_json_end(&json);
}

static void json_too_deep(void)
{
    json_start();
    for (int i = 0; i <= PLUG_JSON_DEPTH; i++)
        plug_json_array(&json, NULL);
}

static void allocator_incomplete(void)
{
    const struct plug_allocator a = {NULL, NULL, NULL, NULL};
    (void)!plug_allocator_set(&a);
}

static void defer_without_a_frame(void)
{
    (void)!plug_defer(plug_free, NULL);
}

static void defer_frames_out_of_order(void)
{
    struct plug_defer_frame outer, inner;
    plug_defer_enter(&outer);
    plug_defer_enter(&inner);
    plug_defer_leave(&outer);
}

T_TEST_PLAIN(assert_stops_misuse)
{
    expect_abort(buf_without_maximum, "a buffer needs a maximum");
    expect_abort(buf_of_everything, "a buffer needs a maximum");
    expect_abort(consume_too_much, "more consumed than there is");
    expect_abort(commit_too_much, "more committed than reserved");
    expect_abort(scopes_out_of_order, "innermost first");
    expect_abort(allocator_incomplete, "all three functions");
    expect_abort(defer_without_a_frame, "plug_defer_enter comes first");
    expect_abort(defer_frames_out_of_order, "innermost first");
}

T_TEST_PLAIN(assert_stops_misused_json)
{
    expect_abort(json_member_without_key, "members of an object have a key");
    expect_abort(json_key_in_array, "members of an object have a key");
    expect_abort(json_key_at_the_top, "members of an object have a key");
    expect_abort(json_two_at_the_top, "one value at the top");
    expect_abort(json_end_of_nothing, "nothing is open");
    expect_abort(json_too_deep, "too deep");
}
