// SPDX-License-Identifier: GPL-2.0-only
/* watch: what happens, a line each; wait: until a device has a state */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "describe.h"
#include "selector.h"
#include "watch.h"

static void print_event(struct json_object *item, FILE *to)
{
	const char *state = out_text(item, "state");
	const char *from = out_text(item, "from");
	const char *error = out_text(item, "error");
	uint64_t size = out_u64(item, "size");
	char text[AMOUNT_TEXT];

	fprintf(to, "%s %s %s", out_text(item, "time"),
		out_text(item, "device"), out_text(item, "event"));
	if (*from)
		fprintf(to, " %s ->", from);
	if (*state)
		fprintf(to, " %s", state);
	if (size)
		fprintf(to, " %s", amount_format(size, text));
	if (*out_text(item, "region.name"))
		fprintf(to, " %s", out_text(item, "region.name"));
	if (*out_text(item, "driver"))
		fprintf(to, " %s", out_text(item, "driver"));
	if (*error)
		fprintf(to, ": %s", error);
	fputc('\n', to);
}

static const struct view events_view = {
	.list = "events",
	.print = print_event,
	.stream = true,
};

static void add_time(struct json_object *item)
{
	time_t now = time(NULL);
	char text[32];

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	out_add_text(item, "time", text);
}

static const char *const copied[] = {
	"state", "size", "driver", "error", "region", NULL
};

/* What the device is like after the event, where it is one of ours */
static void add_device(struct json_object *item, struct host *host,
		       const char *bdf)
{
	struct json_object *described, *value;
	struct error ignored;
	struct device dev;

	if (selector_find(host, bdf, &dev, &ignored))
		return;
	described = describe_device(&dev);
	for (size_t i = 0; copied[i]; i++)
		if (json_object_object_get_ex(described, copied[i], &value))
			json_object_object_add(item, copied[i],
					       json_object_get(value));
	json_object_put(described);
	device_close(&dev);
}

static void tell(struct command *cmd, const struct watch_event *event)
{
	struct json_object *item = json_object_new_object();

	add_time(item);
	out_add_text(item, "event", event->action);
	out_add_text(item, "subsystem", event->subsystem);
	out_add_text(item, "device", event->device);
	if (event->from[0])
		out_add_text(item, "from", event->from);
	if (!strcmp(event->subsystem, "pci") && strcmp(event->action, "remove"))
		add_device(item, &cmd->host, event->device);
	out_item(item);
}

static int explain_watch(int rc, struct error *err)
{
	error_what(err, "there can be no events");
	error_why(err, "the kernel's uevents cannot be listened to: %s",
		  strerror(-rc));
	error_limit(err, "netlink socket of kobject uevents");
	return FAILED;
}

/* First what is there, so that whoever reads this has to look nowhere else */
static void tell_present(struct command *cmd, struct watch *watch)
{
	struct watch_event event = { "present", "pci", "", "" };

	for (size_t i = 0; i < watch->nr; i++) {
		strcpy(event.device, watch->device[i].bdf);
		tell(cmd, &event);
	}
}

static double left_of(struct command *cmd, double begin)
{
	double left = cmd->timeout - (watch_clock() - begin);

	if (cmd->timeout < 0)
		return -1;
	return left < 0 ? 0 : left;
}

int verb_watch(struct command *cmd, struct error *err)
{
	double begin = watch_clock();
	struct watch_event event;
	struct watch watch;
	int rc = watch_open(&watch, &cmd->host);

	if (rc < 0)
		return explain_watch(rc, err);
	out_begin(&events_view);
	tell_present(cmd, &watch);
	while ((rc = watch_next(&watch, left_of(cmd, begin), &event)) > 0)
		tell(cmd, &event);
	watch_close(&watch);
	return rc && rc != -EINTR ? explain_watch(rc, err) : DONE;
}

static const char *const states[] = {
	"idle", "requested", "firmware", "committed", "failed", NULL
};

static int check_state(const char *state, struct error *err)
{
	for (size_t i = 0; states[i]; i++)
		if (!strcmp(state, states[i]))
			return DONE;
	error_what(err, "'%s' is no state", state);
	error_why(err, "the states are idle, requested, firmware, committed and failed");
	error_limit(err, "the argument '%s'", state);
	return USAGE;
}

static int explain_timeout(struct command *cmd, const char *state,
			   struct error *err)
{
	error_what(err, "%s is not %s after %g seconds", cmd->argv[0],
		   cmd->argv[1], cmd->timeout);
	error_why(err, "its state is %s", *state ? state :
		  "unknown, there is no such device");
	error_limit(err, "%s", cmd->argv[0]);
	return error_fix(err, "cxl-presize doctor %s", cmd->argv[0]);
}

/* It failed while we waited: what was waited for does not come by itself */
static int explain_failed(struct command *cmd, struct device *dev,
			  struct error *err)
{
	char sentence[512];

	device_region_read(dev, "error", sentence, sizeof(sentence));
	error_what(err, "%s failed, and will not be %s", dev->bdf,
		   cmd->argv[1]);
	error_why(err, "%s", sentence);
	error_limit(err, "%s", dev->bdf);
	return error_fix(err, "cxl-presize doctor %s", dev->bdf);
}

/* 1: it has the state; 0: not yet; -1: it never will, with @err filled */
static int look(struct command *cmd, char state[32], struct error *err)
{
	bool had_failed = !strcmp(state, "failed");
	bool first = !*state;
	struct device dev;
	int rc = selector_find(&cmd->host, cmd->argv[0], &dev, err);

	if (rc)
		return rc == -ENODEV ? 0 : -1;
	device_region_read(&dev, "state", state, 32);
	rc = !strcmp(state, cmd->argv[1]);
	if (rc)
		command_changed(cmd, &dev);
	else if (!first && !had_failed && !strcmp(state, "failed"))
		rc = explain_failed(cmd, &dev, err);
	device_close(&dev);
	return rc;
}

static int wait_for(struct command *cmd, struct watch *watch,
		    struct error *err)
{
	double begin = watch_clock();
	struct watch_event event;
	char state[32] = "";
	int rc;

	while (!(rc = look(cmd, state, err))) {
		memset(err, 0, sizeof(*err));
		if (watch_next(watch, left_of(cmd, begin), &event) > 0)
			continue;
		explain_timeout(cmd, state, err);
		return FAILED;
	}
	return rc < 0 ? FAILED : DONE;
}

int verb_wait(struct command *cmd, struct error *err)
{
	struct watch watch;
	int rc = check_state(cmd->argv[1], err);

	if (rc)
		return rc;
	rc = watch_open(&watch, &cmd->host);
	if (rc < 0)
		return explain_watch(rc, err);
	command_begin(cmd);
	rc = wait_for(cmd, &watch, err);
	watch_close(&watch);
	return rc;
}
