from django.urls import path
from rest_framework_simplejwt.views import TokenObtainPairView

from peers.django_rest.views import CashbackView

urlpatterns = [
    path("api/token", TokenObtainPairView.as_view()),
    path("api/cashback", CashbackView.as_view()),
]
