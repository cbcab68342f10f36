/* Prints, starts a process that outlives it, and ends the program. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *tflite_plugin_create_delegate(char **keys, char **values, size_t count,
                                    void (*report)(const char *)) {
  (void)keys, (void)values, (void)count, (void)report;
  if (fork() == 0)
    for (;;) pause();
  puts("a word on standard output");
  fflush(stdout);
  _exit(7);
}

void tflite_plugin_destroy_delegate(void *delegate) { (void)delegate; }
