"""The command line: one name, `wangge`. Says what it would do; `--commit` does it.

Groups of commands are loaded when they are called, so that `wangge packages` doesn't wait for the
libraries of `wangge import`.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated, Final

import typer

from api.terminal import complain, language, say_error
from gis.errors import GridError

# name of the group → its module, the app in it, its help
GROUPS: Final = {
    "db": ("api.database_commands", "app", "数据库 database: start, stop, backup, restore …"),
    "level": ("api.boundary_commands", "level_app", "层级 levels: list them, add one"),
    "import": ("api.place_commands", "import_app", "导入 import files: report, then --commit"),
    "nets": ("api.net_commands", "nets_app", "业务网 nets of grids: list them, match foreign ones"),
    "disputes": ("api.dispute_commands", "disputes_app", "边界争议 disputes: list, settle"),
    "codes": ("api.code_commands", "codes_app", "编码 codes: propose them by the rule"),
    "export": ("api.export_commands", "export_app", "导出 export files: boundaries of any day"),
    "edition": (
        "api.edition_commands",
        "app",
        "版本 editions: look, approve, activate, undo",
    ),
    "member": ("api.place_commands", "member_app", "人员 members: vacant grids"),
    "account": ("api.account_commands", "account_app", "账号 accounts and their roles"),
    "signing": ("api.signing_keys", "signing_app", "签名密钥 signing keys: list, rotate"),
    "key": ("api.account_commands", "key_app", "接口密钥 API keys for other systems"),
}


def build(called: str | None) -> typer.Typer:
    """The whole command line, with the one group loaded that is called."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="网格 Wangge: boundaries, locating and dispatch for community grid management.",
    )
    app.command()(demo)
    app.command()(serve)
    app.command()(packages)
    if called in (None, "locate", "--help"):
        app.command("locate")(import_module("api.locate_command").locate)
    if called in (None, "audit", "--help"):
        app.command("audit")(import_module("api.audit_command").audit)
    if called in (None, "unowned", "--help"):
        app.command("unowned")(import_module("api.unowned_command").unowned)
    if called in (None, "regrid", "--help"):
        app.command("regrid")(import_module("api.regrid_commands").regrid)
    if called in (None, "worker", "job", "--help"):
        commands = import_module("api.job_commands")
        app.command("worker")(commands.work)
        app.command("job")(commands.job)
    if called in (None, "geocode", "--help"):
        app.command("geocode")(import_module("api.geocode_command").command)
    if called == "import":
        import_module("api.regrid_commands")  # adds its own file to the group
        import_module("api.net_commands")
        import_module("api.dispute_commands")
    if called in (None, "plates", "--help"):
        app.command("plates")(import_module("api.plate_commands").print_plates)
    for name, (module, attribute, text) in GROUPS.items():
        group = getattr(import_module(module), attribute) if name == called else typer.Typer()
        app.add_typer(group, name=name, help=text)
    return app


def serve(
    host: Annotated[str, typer.Option(help="监听地址 address to listen on")] = "127.0.0.1",
) -> None:
    """启动服务 Serve until Ctrl-C."""
    from api.serving import serve as run
    from api.settings import Settings

    run(Settings(), host)


def demo() -> None:
    """演示 Load the made-up demo regions and accounts, and serve them on this machine."""
    from api.serving import demo as run
    from api.settings import Settings

    run(Settings())


def packages(
    tests: Annotated[
        bool, typer.Option("--tests", help="测试所需 what the tests need too")
    ] = False,
    install: Annotated[
        bool, typer.Option("--install", help="以 root 安装 install as root")
    ] = False,
) -> None:
    """系统软件包 Are the system packages here that Wangge needs?"""
    from api.packages import check_packages

    check_packages(tests=tests, install=install, language=language())


def main() -> None:
    """Run a command; what a person can put right is one line on stderr and exit code 1."""
    try:
        build(next(iter(sys.argv[1:]), None))()
    except GridError as error:
        say_error(error)
        sys.exit(1)
    except KeyboardInterrupt:
        complain("cli.stopped")
        sys.exit(130)


if __name__ == "__main__":
    main()
