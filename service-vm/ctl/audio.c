/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns binnaclectl's table of sound and its commands to the sound service. */
#include "audio.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SILENT (-1200) /* centibel: nothing at all */

static const char *const roles[BN_SOUND_ROLES] = {"capture",   "media", "navigation",
                                                  "telephone", "park",  "chime"};
static const char *const states[] = {"closed", "open", "started", "fading"};

int audio_look(const char *path, struct bn_sound_status *s)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t n;

    if (fd < 0)
        return -errno;
    n = read(fd, s, sizeof(*s));
    (void)close(fd);
    if (n != sizeof(*s) || s->magic != BN_SOUND_STATUS_MAGIC ||
        s->version != BN_SOUND_STATUS_VERSION || s->vms > BN_MAX_VMS ||
        s->streams > BN_SOUND_STREAMS)
        return -EPROTO;
    s->card[sizeof(s->card) - 1] = 0;
    for (unsigned i = 0; i < BN_MAX_VMS; i++)
        s->vm[i].name[sizeof(s->vm[i].name) - 1] = 0;
    return 0;
}

bool audio_parse_level(const char *text, int *centibel)
{
    char *end;
    const double db = strtod(text, &end);

    if (end == text || *end || !(db >= -1000.0 && db <= 1000.0))
        return false;
    *centibel = (int)(db * 10.0 + (db < 0 ? -0.5 : 0.5));
    return true;
}

static const char *level(int centibel, char text[16])
{
    if (centibel <= SILENT)
        return "-";
    (void)snprintf(text, 16, "%.1f", (double)centibel / 10.0);
    return text;
}

/* Who gives way to whom: a line for each role, a column for each higher one. */
static void print_policy(const struct bn_sound_status *s)
{
    printf("\n%-12s", "dB under");
    for (unsigned above = BN_SOUND_NAVIGATION; above < BN_SOUND_ROLES; above++)
        printf(" %27s", roles[above]);
    printf("\n");
    for (unsigned role = BN_SOUND_MEDIA; role < BN_SOUND_CHIME; role++) {
        printf("%-12s", roles[role]);
        for (unsigned above = BN_SOUND_NAVIGATION; above < BN_SOUND_ROLES; above++) {
            const struct bn_sound_rule *r = &s->rule[role][above];
            char db[16], text[64] = "";

            if (above > role)
                (void)snprintf(text, sizeof(text), "%s in %u, up in %u ms",
                               r->exclusive ? "off" : level(r->centibel, db), r->attack_ms,
                               r->release_ms);
            printf(" %27s", text);
        }
        printf("\n");
    }
}

static void print_streams(const struct bn_sound_status *s)
{
    char db[2][16];

    printf("\n%-12s %8s %6s %7s\n", "VM", "gain dB", "muted", "device");
    for (unsigned i = 0; i < s->vms; i++) {
        const struct bn_sound_vm *v = &s->vm[i];
        bool any = false;

        for (unsigned k = 0; k < s->streams; k++)
            any = any || s->stream[k].vm == i;
        if (any)
            printf("%-12s %8s %6s %7s\n", v->name, level(v->gain_centibel, db[0]),
                   v->muted ? "yes" : "no", v->linked ? "linked" : "-");
    }
    printf("\n%-12s %6s %-10s %-8s %7s %8s %8s %8s %8s %10s %12s\n", "VM", "stream", "role",
           "state", "Hz", "channels", "gain dB", "peak dB", "xruns", "missing", "frames");
    for (unsigned i = 0; i < s->streams; i++) {
        const struct bn_sound_stream *t = &s->stream[i];

        printf("%-12s %6u %-10s %-8s %7u %8u %8s %8s %8u %10" PRIu64 " %12" PRIu64 "\n",
               t->vm < s->vms ? s->vm[t->vm].name : "?", t->stream,
               t->role < BN_SOUND_ROLES ? roles[t->role] : "?",
               t->state < sizeof(states) / sizeof(states[0]) ? states[t->state] : "?", t->rate,
               t->channels, t->role ? level(t->gain_centibel, db[0]) : "",
               t->role ? level(t->peak_centibel, db[1]) : "", t->xruns, t->missing, t->frames);
    }
}

static int show(const char *path)
{
    static struct bn_sound_status s;
    const int rc = audio_look(path, &s);
    char db[2][16];

    if (rc) {
        (void)fprintf(stderr, "binnaclectl: %s: %s\n", path,
                      rc == -ENOENT   ? "the sound service is not running (sv status sound)"
                      : rc == -EPROTO ? "not written by a sound service of this version"
                                      : strerror(-rc));
        return 1;
    }
    printf("card %s%s, %u Hz, %u samples a quantum, %" PRIu64 " quanta, delay %u, missed %" PRIu64
           "%s\n",
           s.card, s.audible ? "" : " (nothing is heard)", s.rate, s.quantum, s.cycles, s.delay,
           s.card_missed,
           kill((pid_t)s.pid, 0) == 0 || errno == EPERM ? "" : "  the service has died");
    printf("all but chimes: ceiling %s dB, limited by %s dB\n", level(s.ceiling_centibel, db[0]),
           level(s.limited_centibel, db[1]));
    printf("chimes: %u requests acknowledged, %u refused, %" PRIu64
           " samples played, worst %u us, %" PRIu64 " damaged\n",
           s.chime.acknowledged, s.chime.refused, s.chime.played, s.chime.worst_us, s.torn);
    print_policy(&s);
    print_streams(&s);
    return 0;
}

static int send_control(const char *path, const struct bn_sound_control *c)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int32_t answer = -EPIPE;
    int rc = 0, fd;

    if (strlen(path) >= sizeof(a.sun_path))
        return -ENAMETOOLONG;
    memcpy(a.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
        rc = -ENOTCONN;
    else if (send(fd, c, sizeof(*c), MSG_NOSIGNAL) != sizeof(*c) ||
             recv(fd, &answer, sizeof(answer), 0) != sizeof(answer))
        rc = -EPIPE;
    (void)close(fd);
    return rc ? rc : answer;
}

static int usage(void)
{
    (void)fputs("usage: binnaclectl audio [gain VM DB | duck ROLE DB | mute VM on|off]\n"
                "  alone: who gives way to whom, what each VM and stream plays, the chimes\n"
                "  gain: of all that a VM plays, -60 to 0\n"
                "  duck: what media, navigation, telephone or park is turned down to while "
                "something of a higher role sounds\n"
                "  until the service starts again, which goes by the scenario\n",
                stderr);
    return 2;
}

static unsigned find_role(const char *name)
{
    for (unsigned i = BN_SOUND_MEDIA; i < BN_SOUND_ROLES; i++)
        if (strcmp(roles[i], name) == 0)
            return i;
    return BN_SOUND_NONE;
}

static bool parse(int argc, char **argv, struct bn_sound_control *c)
{
    int value;

    *c = (struct bn_sound_control){.magic = BN_SOUND_STATUS_MAGIC};
    if (argc != 3 || strlen(argv[1]) >= sizeof(c->vm))
        return false;
    memcpy(c->vm, argv[1], strlen(argv[1]));
    if (strcmp(argv[0], "mute") == 0) {
        c->command = BN_SOUND_MUTE;
        c->value = strcmp(argv[2], "on") == 0;
        return c->value || strcmp(argv[2], "off") == 0;
    }
    if (!audio_parse_level(argv[2], &value))
        return false;
    c->value = value;
    c->role = (uint16_t)find_role(argv[1]);
    c->command = strcmp(argv[0], "gain") == 0 ? BN_SOUND_GAIN : BN_SOUND_DUCK;
    return c->command == BN_SOUND_GAIN || (strcmp(argv[0], "duck") == 0 && c->role);
}

static const char *reason(int rc)
{
    switch (-rc) {
    case ENOTCONN:
        return "the sound service is not running (sv status sound)";
    case ENOENT:
        return "there is no VM of that name";
    case ERANGE:
        return "a level is from -60 to 0 dB";
    case EPERM:
        return "nothing is above a chime: it is never turned down";
    default:
        return strerror(-rc);
    }
}

int audio_run(const struct audio_paths *paths, int argc, char **argv)
{
    struct bn_sound_control c;
    int rc;

    if (argc == 0)
        return show(paths->status);
    if (!parse(argc, argv, &c))
        return usage();
    rc = send_control(paths->control, &c);
    if (rc)
        (void)fprintf(stderr, "binnaclectl: audio %s %s: %s\n", argv[0], argv[1], reason(rc));
    return rc != 0;
}
