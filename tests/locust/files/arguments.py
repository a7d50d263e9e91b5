"""Arguments of the test's own, with values from the command line, the environment and defaults."""
# args: -u 1 -r 1 -t 1s --own here

from probe import note

from locust import User, constant, events, task


@events.init_command_line_parser.add_listener
def add(parser):
    parser.add_argument("--own", type=str, default="no", env_var="OWN", include_in_web_ui=True)
    parser.add_argument("--number", type=int, default=3, is_secret=True)
    parser.add_argument("--choice", choices=["a", "b"], default="b")


@events.test_start.add_listener
def show(environment, **_):
    options = environment.parsed_options
    note("options", own=options.own, number=options.number, choice=options.choice, users=options.num_users)
    note("types", time=options.run_time, rate=options.spawn_rate, timeout=options.stop_timeout, tags=options.tags)


class Visitor(User):
    wait_time = constant(10)

    @task
    def nothing(self):
        pass
