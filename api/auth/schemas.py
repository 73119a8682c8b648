"""Accounts as they are asked for and answered."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.deps import Text
from core.accounts import email_of, password_of, username_of
from core.roles import Role

Username = Annotated[Text, AfterValidator(username_of)]
Email = Annotated[Text, AfterValidator(email_of)]
NewPassword = Annotated[Text, AfterValidator(password_of)]


class _Asked(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)


class SignUp(_Asked):
    """A new account."""

    username: Username = Field(
        description="3 to 64 characters; case does not distinguish two", examples=["ada"]
    )
    email: Email = Field(examples=["ada@example.org"], json_schema_extra={"format": "email"})
    password: NewPassword = Field(description="8 to 128 characters", examples=["correct horse battery"])
    role: Role = Field(
        default=Role.STUDENT, description="`admin` needs an admin's token, except in development"
    )


class Login(_Asked):
    """Who somebody says they are."""

    username: Text = Field(examples=["ada"])
    password: Text = Field(examples=["correct horse battery"])


class PasswordChange(_Asked):
    """The old password, and what replaces it."""

    current_password: Text = Field(examples=["correct horse battery"])
    new_password: NewPassword = Field(description="8 to 128 characters", examples=["staple of the sea"])


class SignedUp(BaseModel):
    """The account is there."""

    message: str = Field(examples=["The account was created."])
    user_id: int = Field(examples=[2])


class AccessToken(BaseModel):
    """A token to send with every request (RFC 6749 section 5.1)."""

    access_token: str = Field(examples=["eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIyIn0.c2lnbmF0dXJl"])
    token_type: str = Field(default="bearer", examples=["bearer"])
    expires_in: int = Field(description="Seconds until it expires", examples=[3600])


class Me(BaseModel):
    """Who the token names."""

    id: int = Field(examples=[2])
    username: str = Field(examples=["ada"])
    email: str = Field(examples=["ada@example.org"])
    role: Role = Field(examples=[Role.STUDENT])


class Done(BaseModel):
    """It is done."""

    message: str = Field(examples=["The password was changed."])


class Erased(BaseModel):
    """Somebody is gone."""

    message: str = Field(examples=["The user was erased."])
    deleted: dict[str, int] = Field(description="Rows by table", examples=[{"progress_events": 120}])
