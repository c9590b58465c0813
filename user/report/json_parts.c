/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/json_parts.h"

#include <errno.h>

#include "base/cleanup.h"
#include "report/json_node.h"
#include "report/json_split.h"
#include "report/json_tables.h"

/* What reads the parts, one after the other. */
struct part_reader {
	struct json_tokener *tokener;
	struct json_tables tables;
	const struct json_list *list;
	void *to;
};

static int read_part(struct part_reader *reader, const struct json_part *part,
		     struct json_node *item)
{
	int err = json_tables_take(&reader->tables, part->text, part->len);
	const char *text = err ? part->text : reader->tables.rest.s;
	size_t len = err ? part->len : reader->tables.rest.len;

	if (err && err != -EAGAIN)
		return err;
	item->tables = err ? NULL : &reader->tables;
	json_tokener_reset(reader->tokener);
	item->value = json_tokener_parse_ex(reader->tokener, text, (int)len);
	if (json_tokener_get_error(reader->tokener) != json_tokener_success ||
	    json_tokener_get_parse_end(reader->tokener) != len)
		err = -EAGAIN;
	else
		err = reader->list->read_one(item, reader->to);
	json_object_put(item->value);
	return err;
}

static int read_parts(const struct json_split *split, struct part_reader *reader,
		      struct json_node *item)
{
	int err = 0;

	for (size_t i = 0; i < split->n_parts && !err; i++) {
		if (split->parts[i].list != reader->list->number)
			continue;
		err = read_part(reader, &split->parts[i], item);
		item->index++;
	}
	return err;
}

int json_parts_read(const struct json_node *document, const struct json_split *split,
		    const struct json_list *list, void *to)
{
	struct json_node node = { .value = NULL };
	struct json_node item = { .up = &node, .why = document->why };
	struct part_reader reader = { .list = list, .to = to };
	int err = json_node_read_list(document, list->key, list->is_required, list->read_one, to);

	err = err ?: json_node_get(document, list->key, list->is_required, &node);
	if (err || !split)
		return err == -ENOENT ? 0 : err;
	reader.tokener = json_tokener_new();
	if (!reader.tokener)
		return -ENOMEM;
	json_tokener_set_flags(reader.tokener, JSON_TOKENER_STRICT);
	err = read_parts(split, &reader, &item);
	json_tokener_free(reader.tokener);
	json_tables_done(&reader.tables);
	return err;
}
